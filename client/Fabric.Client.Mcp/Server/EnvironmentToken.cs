namespace Fabric.Client.Mcp.Server;

/// <summary>A token from the environment (MCP, authorization: a server over stdio takes its credentials from there), or from a file, which is read again when it has changed.</summary>
internal sealed class EnvironmentToken(string variable, string fileVariable)
{
    private readonly Lock _gate = new();
    private (DateTime WrittenAt, string? Token) _read;

    public string? Read()
    {
        if (Environment.GetEnvironmentVariable(variable) is { Length: > 0 } token)
        {
            return token;
        }

        return Environment.GetEnvironmentVariable(fileVariable) is { Length: > 0 } path ? ReadFile(path) : null;
    }

    private string? ReadFile(string path)
    {
        lock (_gate)
        {
            try
            {
                var writtenAt = File.GetLastWriteTimeUtc(path);
                if (writtenAt != _read.WrittenAt)
                {
                    _read = (writtenAt, File.ReadAllText(path).Trim());
                }

                return _read.Token;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Without a token every call is denied, and the denial says so.
                _read = default;
                return null;
            }
        }
    }
}
