namespace Fabric.Gateway.Upstreams;

/// <summary>A file of names and values that are secret: they are on no command line and in no configuration.</summary>
internal static class SecretLines
{
    /// <summary>The pairs of a file. Throws <see cref="InvalidDataException"/>, without the line, for one that is none.</summary>
    public static IEnumerable<KeyValuePair<string, string>> Read(string file, char separator)
    {
        foreach (var line in File.ReadAllLines(file))
        {
            if (line.Length == 0 || line[0] == '#')
            {
                continue;
            }

            var at = line.IndexOf(separator, StringComparison.Ordinal);
            yield return at > 0 ? KeyValuePair.Create(line[..at].Trim(), line[(at + 1)..].Trim()) : throw new InvalidDataException($"`{file}` has a line that is no name, `{separator}` and value");
        }
    }
}
