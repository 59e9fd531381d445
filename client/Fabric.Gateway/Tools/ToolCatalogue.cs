using Fabric.Client.Mcp.Http;
using Fabric.Client.Mcp.Mapping;
using Fabric.Core.Scopes;
using Fabric.Gateway.Upstreams;
using ModelContextProtocol.Client;

namespace Fabric.Gateway.Tools;

/// <summary>
/// The tools of the server behind with their classes, as it says them itself to the gateway. What it does not say in time is destructive: a wrong class may deny a call, and never allows one that a stricter
/// class would have denied for longer than <see cref="Lifetime"/>.
/// </summary>
internal sealed partial class ToolCatalogue(IUpstream upstream, TimeProvider time, ILogger<ToolCatalogue> logger) : IToolClasses, IAsyncDisposable
{
    /// <summary>How long a list is believed.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(1);

    private const int ToolsMax = 10_000;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Between = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim _turn = new(1);
    private Dictionary<string, ActionClass> _classes = [];
    private long _readAt = long.MinValue;
    private McpClient? _client;

    public async ValueTask<ActionClass> ClassOfAsync(string name, CancellationToken cancellation)
    {
        var (known, age) = (Volatile.Read(ref _classes), Age());
        if (age > Lifetime || (!known.ContainsKey(name) && age > Between))
        {
            await RefreshAsync(cancellation);
            known = Volatile.Read(ref _classes);
        }

        return known.GetValueOrDefault(name, ActionClass.Destructive);
    }

    public async ValueTask DisposeAsync()
    {
        if (_client is not null)
        {
            await _client.DisposeAsync();
        }

        _turn.Dispose();
    }

    private TimeSpan Age() => Volatile.Read(ref _readAt) is var at && at == long.MinValue ? TimeSpan.MaxValue : time.GetElapsedTime(at);

    private async ValueTask RefreshAsync(CancellationToken cancellation)
    {
        await _turn.WaitAsync(cancellation);
        try
        {
            if (Age() <= Between)
            {
                return;
            }

            using var patience = new CancellationTokenSource(Patience, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellation);
            Volatile.Write(ref _classes, await ReadAsync(either.Token));
        }
#pragma warning disable CA1031 // whatever the server behind does, its tools are then destructive
        catch (Exception e) when (!cancellation.IsCancellationRequested)
#pragma warning restore CA1031
        {
            Volatile.Write(ref _classes, []);
            LogUnknown(e);
            if (_client is { } client)
            {
                _client = null;
                await client.DisposeAsync();
            }
        }
        finally
        {
            Volatile.Write(ref _readAt, time.GetTimestamp());
            _turn.Release();
        }
    }

    private async Task<Dictionary<string, ActionClass>> ReadAsync(CancellationToken cancellation)
    {
        _client ??= await McpClient.CreateAsync(upstream.MakeTransport(), cancellationToken: cancellation);
        var tools = await _client.ListToolsAsync(cancellationToken: cancellation);
        var classes = new Dictionary<string, ActionClass>(StringComparer.Ordinal);
        foreach (var tool in tools.Take(ToolsMax))
        {
            // Of two tools by one name the one that can do more harm counts.
            var made = ToolClass.Of(tool.ProtocolTool.Annotations);
            classes[tool.Name] = classes.TryGetValue(tool.Name, out var other) && other > made ? other : made;
        }

        return classes;
    }

    [LoggerMessage(201, LogLevel.Warning, "the tools of the server behind could not be listed; all of them count as destructive")]
    private partial void LogUnknown(Exception exception);
}
