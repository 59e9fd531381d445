using System.Text.Json;
using System.Text.Json.Nodes;

namespace Fabric.Gateway.Upstreams;

/// <summary>
/// One program for one principal, so that nothing of one caller is in the memory of a program that serves another (T1). Requests and progress go under numbers of the gateway's own, since clients
/// choose theirs without knowing of each other.
/// </summary>
internal sealed class StdioSession : IAsyncDisposable
{
    private const string SubscriptionKey = "io.modelcontextprotocol/subscriptionId";

    private readonly Lock _gate = new();
    private readonly ChildProcess _child;
    private readonly int _requestsMax;
    private readonly Dictionary<long, Exchange> _open = [];
    private long _numbers;
    private bool _over;

    public StdioSession(string id, string owner, ChildProcess child, int requestsMax)
    {
        (Id, Owner, _child, _requestsMax) = (id, owner, child, requestsMax);
        _ = ReadAsync();
    }

    public string Id { get; }

    public string Owner { get; }

    /// <summary>When it was last used, on the time provider's clock.</summary>
    public long UsedAt { get; set; }

    /// <summary>Whether requests are open: such a session is not idle.</summary>
    public bool IsBusy
    {
        get
        {
            lock (_gate)
            {
                return _open.Count > 0;
            }
        }
    }

    /// <summary>Whether its program has ended.</summary>
    public bool IsOver => Volatile.Read(ref _over);

    /// <summary>Sends a request. Null: as many are open as may be. Throws <see cref="IOException"/> when the program has ended.</summary>
    public async Task<Exchange?> BeginAsync(ReadOnlyMemory<byte> message, CancellationToken cancellation)
    {
        var request = JsonNode.Parse(message.Span)!.AsObject();
        Exchange exchange;
        lock (_gate)
        {
            if (_over)
            {
                throw new IOException("the server behind has ended");
            }

            if (_open.Count >= _requestsMax)
            {
                return null;
            }

            var number = ++_numbers;
            var meta = request["params"] is JsonObject parameters ? parameters["_meta"] as JsonObject : null;
            exchange = new Exchange(number, request["id"]!.DeepClone(), meta?["progressToken"]?.DeepClone());
            request["id"] = number;
            if (exchange.ProgressToken is not null)
            {
                meta!["progressToken"] = number;
            }

            _open.Add(number, exchange);
        }

        try
        {
            await _child.WriteAsync(JsonSerializer.SerializeToUtf8Bytes(request), cancellation);
            return exchange;
        }
        catch
        {
            End(exchange);
            throw;
        }
    }

    /// <summary>Sends what has no answer: a notification, or an answer to a request of the program.</summary>
    public Task SendAsync(ReadOnlyMemory<byte> message, CancellationToken cancellation)
    {
        var sent = JsonNode.Parse(message.Span)!.AsObject();
        if ((string?)sent["method"] == "notifications/cancelled" && sent["params"] is JsonObject parameters && parameters["requestId"] is { } clientId)
        {
            lock (_gate)
            {
                if (_open.Values.FirstOrDefault(open => JsonNode.DeepEquals(open.ClientId, clientId)) is not { } exchange)
                {
                    return Task.CompletedTask;
                }

                parameters["requestId"] = exchange.Id;
            }
        }

        return _child.WriteAsync(JsonSerializer.SerializeToUtf8Bytes(sent), cancellation);
    }

    /// <summary>Gives a request up: the program is told, and what still comes for it is dropped.</summary>
    public async Task CancelAsync(Exchange exchange)
    {
        if (!End(exchange) || IsOver)
        {
            return;
        }

        try
        {
            await _child.WriteAsync(CancelledNotice.Of(JsonValue.Create(exchange.Id)!), CancellationToken.None);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // It has ended.
        }
    }

    /// <summary>The request's answer was read.</summary>
    public bool End(Exchange exchange)
    {
        lock (_gate)
        {
            return _open.Remove(exchange.Id);
        }
    }

    public async ValueTask DisposeAsync()
    {
        Break();
        await _child.DisposeAsync();
    }

    private async Task ReadAsync()
    {
        try
        {
            await foreach (var line in _child.ReadAsync())
            {
                Route(line);
            }
        }
#pragma warning disable CA1031 // whatever the program does, its callers are told that it has ended
        catch (Exception)
#pragma warning restore CA1031
        {
            // Below.
        }

        Break();
        await _child.DisposeAsync();
    }

    private void Route(ReadOnlyMemory<byte> line)
    {
        JsonObject message;
        try
        {
            if (JsonNode.Parse(line.Span) is not JsonObject parsed)
            {
                return;
            }

            message = parsed;
        }
        catch (JsonException)
        {
            // A program that writes something else on its standard output as well.
            return;
        }

        lock (_gate)
        {
            if (message["method"] is null)
            {
                if (NumberOf(message["id"]) is { } number && _open.Remove(number, out var answered))
                {
                    message["id"] = answered.ClientId.DeepClone();
                    answered.Put(JsonSerializer.SerializeToUtf8Bytes(message), isAnswer: true);
                }

                return;
            }

            if (FindTarget(message) is { } target)
            {
                target.Put(JsonSerializer.SerializeToUtf8Bytes(message), isAnswer: false);
            }
            else if (message["id"] is { } asked)
            {
                _ = RefuseAsync(asked.DeepClone());
            }
        }
    }

    // Over standard streams nothing says which request a message of the program belongs to, but for progress and subscriptions; all else goes to the newest one that is open.
    private Exchange? FindTarget(JsonObject message)
    {
        var parameters = message["params"] as JsonObject;
        if ((string?)message["method"] == "notifications/progress")
        {
            if (NumberOf(parameters?["progressToken"]) is not { } number || !_open.TryGetValue(number, out var progressing) || progressing.ProgressToken is not { } token)
            {
                return null;
            }

            parameters!["progressToken"] = token.DeepClone();
            return progressing;
        }

        if (parameters?["_meta"] is JsonObject meta && NumberOf(meta[SubscriptionKey]) is { } subscription)
        {
            if (!_open.TryGetValue(subscription, out var subscribed))
            {
                return null;
            }

            meta[SubscriptionKey] = subscribed.ClientId.DeepClone();
            return subscribed;
        }

        return _open.Count == 0 ? null : _open[_open.Keys.Max()];
    }

    // A program that asks while nobody is there would wait for ever.
    private async Task RefuseAsync(JsonNode id)
    {
        try
        {
            await _child.WriteAsync(
                JsonSerializer.SerializeToUtf8Bytes(new JsonObject { ["jsonrpc"] = "2.0", ["id"] = id, ["error"] = new JsonObject { ["code"] = -32000, ["message"] = "no request of the client is open" } }),
                CancellationToken.None);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // It has ended.
        }
    }

    private static long? NumberOf(JsonNode? id) =>
        id is JsonValue value ? value.TryGetValue(out long number) ? number : value.TryGetValue(out string? text) && long.TryParse(text, out number) ? number : null : null;

    private void Break()
    {
        lock (_gate)
        {
            _over = true;
            foreach (var exchange in _open.Values)
            {
                exchange.Break();
            }

            _open.Clear();
        }
    }
}
