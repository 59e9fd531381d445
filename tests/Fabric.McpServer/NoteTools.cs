using ModelContextProtocol;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace Fabric.McpServer;

/// <summary>What the server offers: something of each kind that a gateway has to hand on.</summary>
[McpServerToolType]
internal sealed class NoteTools
{
    [McpServerTool(Name = "echo", ReadOnly = true)]
    public static string Echo(string text) => text;

    [McpServerTool(Name = "write", Destructive = false)]
    public static string Write(string path) => $"wrote {path}";

    [McpServerTool(Name = "erase")]
    public static string Erase(string path) => $"erased {path}";

    [McpServerTool(Name = "environment", ReadOnly = true)]
    public static string FromEnvironment(string name) => $"{name}={Environment.GetEnvironmentVariable(name)}";

    [McpServerTool(Name = "process", ReadOnly = true)]
    public static int ProcessId() => Environment.ProcessId;

    [McpServerTool(Name = "steps", ReadOnly = true)]
    public static string Steps(int count, IProgress<ProgressNotificationValue> progress)
    {
        for (var i = 1; i <= count; i++)
        {
            progress.Report(new ProgressNotificationValue { Progress = i, Total = count, Message = $"step {i}" });
        }

        return $"{count} steps";
    }

    // Says that it has begun, then goes on until somebody stops it.
    [McpServerTool(Name = "endless", ReadOnly = true)]
    public static async Task<string> EndlessAsync(string? marker, IProgress<ProgressNotificationValue> progress, CancellationToken cancellation)
    {
        progress.Report(new ProgressNotificationValue { Progress = 1 });
        try
        {
            await new TaskCompletionSource().Task.WaitAsync(cancellation);
        }
        catch (OperationCanceledException) when (marker is not null)
        {
            await File.WriteAllTextAsync(marker, "cancelled", CancellationToken.None);
            throw;
        }

        return "never";
    }

    [McpServerTool(Name = "ask", ReadOnly = true)]
    public static async Task<string> AskAsync(ModelContextProtocol.Server.McpServer server, CancellationToken cancellation)
    {
        var answer = await server.ElicitAsync(
            new ElicitRequestParams
            {
                Message = "what is your name?",
                RequestedSchema = new() { Properties = { ["name"] = new ElicitRequestParams.StringSchema() } },
            },
            cancellation);
        return answer.Action == "accept" ? $"hello {answer.Content!["name"].GetString()}" : answer.Action;
    }
}

/// <summary>A resource and a prompt.</summary>
[McpServerResourceType]
[McpServerPromptType]
internal sealed class Notes
{
    [McpServerResource(UriTemplate = "note://{name}", Name = "note", MimeType = "text/plain")]
    public static string Note(string name) => $"the note {name}";

    [McpServerPrompt(Name = "greet")]
    public static string Greet(string who) => $"greet {who}";
}
