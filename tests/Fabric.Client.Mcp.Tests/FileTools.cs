using System.Collections.Concurrent;
using System.Security.Claims;
using ModelContextProtocol.Server;

namespace Fabric.Client.Mcp.Tests;

/// <summary>Tools of an MCP server that remember what ran.</summary>
[McpServerToolType]
internal sealed class FileTools(ToolLog log)
{
    [McpServerTool(Name = "read_file", ReadOnly = true)]
    public string Read(string path) => log.Ran($"read {path}");

    [McpServerTool(Name = "write_file", Destructive = false)]
    public string Write(string path, string text) => log.Ran($"write {path} {text.Length}");

    [McpServerTool(Name = "delete_file")]
    public string Delete(string path) => log.Ran($"delete {path}");

    [McpServerTool(Name = "who", ReadOnly = true)]
    public string Who(ClaimsPrincipal user) => log.Ran($"{user.FindFirst("tenant")?.Value} {user.FindFirst("client_id")?.Value}");

    [McpServerTool(Name = "wait", ReadOnly = true)]
    public async Task<string> WaitAsync(CancellationToken cancellation)
    {
        log.Started.Release();
        try
        {
            await new TaskCompletionSource().Task.WaitAsync(cancellation);
        }
        finally
        {
            log.Cancelled.Release();
        }

        return log.Ran("waited");
    }

    [McpServerTool(Name = "stubborn", ReadOnly = true)]
    public async Task<string> StubbornAsync()
    {
        log.Started.Release();
        await log.LetGo.Task;
        return log.Ran("the secret that came too late");
    }
}

/// <summary>What ran.</summary>
internal sealed class ToolLog
{
    private readonly ConcurrentQueue<string> _lines = new();

    public SemaphoreSlim Started { get; } = new(0);

    public SemaphoreSlim Cancelled { get; } = new(0);

    public TaskCompletionSource LetGo { get; } = new();

    public IReadOnlyCollection<string> Lines => _lines;

    public string Ran(string line)
    {
        _lines.Enqueue(line);
        return line;
    }
}
