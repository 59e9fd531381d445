using System.Text;

namespace Fabric.Client.Http;

/// <summary>Reads server-sent events (WHATWG HTML, section 9.2.6). An event without data carries a cursor only.</summary>
internal sealed class EventReader(Stream body, TimeProvider time) : IAsyncDisposable
{
    // The fabric writes at least a comment every 15 s: a stream that is silent for longer than this is dead.
    private static readonly TimeSpan SilenceMax = TimeSpan.FromSeconds(45);

    public const string Gap = "gap";

    private readonly StreamReader _lines = new(body, Encoding.UTF8);

    /// <summary>The next event; null when the stream has ended or broken: it is opened again at the last cursor.</summary>
    public async ValueTask<Event?> NextAsync(CancellationToken cancellation)
    {
        string? id = null;
        var kind = "message";
        var data = new StringBuilder();
        try
        {
            while (await _lines.ReadLineAsync(cancellation).AsTask().WaitAsync(SilenceMax, time, cancellation) is { } line)
            {
                if (line.Length == 0)
                {
                    if (id is not null || data.Length > 0)
                    {
                        return new Event(id, kind, data.ToString());
                    }
                    continue;
                }
                var colon = line.IndexOf(':', StringComparison.Ordinal);
                var field = colon < 0 ? line : line[..colon];
                var value = colon < 0 ? "" : line[(colon + 1)..].TrimStart(' ');
                (id, kind) = field switch { "id" => (value, kind), "event" => (id, value), _ => (id, kind) };
                if (field == "data")
                {
                    data.Append(value);
                }
            }
        }
        catch (Exception fault) when (fault is IOException or HttpRequestException or TimeoutException)
        {
            // Broken: as good as ended.
        }
        return null;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _lines.Dispose();
        return ValueTask.CompletedTask;
    }

    public readonly record struct Event(string? Id, string Kind, string Data);
}
