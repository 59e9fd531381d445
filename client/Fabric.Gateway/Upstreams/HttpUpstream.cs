using System.Net.Http.Headers;
using Fabric.Client.Mcp.Http;
using Fabric.Client.Mcp.Messages;
using ModelContextProtocol.Client;

namespace Fabric.Gateway.Upstreams;

/// <summary>An MCP server behind a URL (streamable HTTP): what the guard let through goes on as it stands, with the gateway's own credentials and without the caller's.</summary>
internal sealed class HttpUpstream : IUpstream
{
    private const string SessionHeader = "Mcp-Session-Id";
    private const string Events = "text/event-stream";

    private static readonly TimeSpan CancelPatience = TimeSpan.FromSeconds(5);

    // Nothing else goes on: no token, no proof, no cookie, no address of the caller.
    private static readonly string[] Forwarded = ["Accept", "MCP-Protocol-Version", SessionHeader, "Mcp-Method", "Mcp-Name", "Last-Event-ID", "traceparent", "tracestate"];
    private static readonly string[] Returned = [SessionHeader, "MCP-Protocol-Version", "Cache-Control", "Retry-After", "Allow"];

    private readonly GatewayLimits _limits;
    private readonly SessionOwners _owners;
    private readonly Uri _url;
    private readonly List<KeyValuePair<string, string>> _own;
    private readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, AutomaticDecompression = System.Net.DecompressionMethods.None })
    {
        Timeout = Timeout.InfiniteTimeSpan,
    };

    public HttpUpstream(UpstreamSettings settings, GatewayLimits limits, TimeProvider time)
    {
        (_limits, _url, _owners) = (limits, new Uri(settings.Url!), new SessionOwners(limits, time));
        _own = settings.HeadersFile is null ? [] : [.. SecretLines.Read(settings.HeadersFile, ':')];
    }

    public IClientTransport MakeTransport() => new HttpClientTransport(new HttpClientTransportOptions
    {
        Endpoint = _url, TransportMode = HttpTransportMode.StreamableHttp, AdditionalHeaders = _own.ToDictionary(pair => pair.Key, pair => pair.Value, StringComparer.OrdinalIgnoreCase),
    });

    public async Task ForwardAsync(HttpContext context, GuardedRequest request)
    {
        var owner = Principal.Of(request);
        var session = context.Request.Headers[SessionHeader];
        if (session.Count > 1 || (session.Count == 1 && !_owners.IsOf(session[0]!, owner)))
        {
            // MCP 2025-11-25, transports: a session that is not there, which another's is not, begins anew.
            await McpAnswers.WriteRefusedAsync(context, StatusCodes.Status404NotFound, -32001, "there is no such session", request.Message);
            return;
        }

        if (request.Message is { Method: "initialize" } && !_owners.HasRoom(owner))
        {
            await McpAnswers.WriteRefusedAsync(context, StatusCodes.Status503ServiceUnavailable, -32000, "there are as many sessions as there may be", request.Message);
            return;
        }

        var watch = request.TakeWatch();
        using var ended = CancellationTokenSource.CreateLinkedTokenSource([context.RequestAborted, .. watch.Select(handle => handle.CancellationToken)]);
        try
        {
            using var sent = Make(context.Request, request.Body);
            using var answer = await _http.SendAsync(sent, HttpCompletionOption.ResponseHeadersRead, ended.Token);
            Note(context.Request, answer, owner);
            await ReturnAsync(context, request.Message, answer, ended.Token);
        }
        catch (Exception) when (Answering.WhyEnded(watch) is not null && !context.RequestAborted.IsCancellationRequested)
        {
            // INVARIANT R1: nothing more comes through, and the server behind is told to stop.
            await CancelAsync(context.Request, request);
            await Answering.EndAsync(context, request, Answering.WhyEnded(watch));
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            await CancelAsync(context.Request, request);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or InvalidDataException)
        {
            await McpAnswers.WriteRefusedAsync(context, StatusCodes.Status502BadGateway, -32000, "the server behind did not answer as it should", request.Message);
        }
    }

    public ValueTask DisposeAsync()
    {
        _http.Dispose();
        return default;
    }

    private HttpRequestMessage Make(HttpRequest from, ReadOnlyMemory<byte> body)
    {
        var to = new HttpRequestMessage(new HttpMethod(from.Method), _url);
        if (HttpMethods.IsPost(from.Method))
        {
            to.Content = new ReadOnlyMemoryContent(body);
            to.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        }

        foreach (var name in Forwarded.Concat(from.Headers.Keys.Where(key => key.StartsWith("Mcp-Param-", StringComparison.OrdinalIgnoreCase))))
        {
            if (from.Headers.TryGetValue(name, out var values))
            {
                to.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values);
            }
        }

        foreach (var (name, value) in _own)
        {
            to.Headers.Remove(name);
            to.Headers.TryAddWithoutValidation(name, value);
        }

        return to;
    }

    private void Note(HttpRequest request, HttpResponseMessage answer, string owner)
    {
        if (answer.IsSuccessStatusCode && answer.Headers.TryGetValues(SessionHeader, out var made))
        {
            _owners.Add(made.First(), owner);
        }

        if (HttpMethods.IsDelete(request.Method) && answer.IsSuccessStatusCode && request.Headers[SessionHeader] is { Count: 1 } over)
        {
            _owners.Remove(over[0]!);
        }
    }

    private async Task ReturnAsync(HttpContext context, McpMessage? message, HttpResponseMessage answer, CancellationToken cancellation)
    {
        // The gateway's credentials there are not the caller's business, and no cure of theirs either; nor is a redirection one that a caller could follow.
        if ((int)answer.StatusCode is StatusCodes.Status401Unauthorized or StatusCodes.Status403Forbidden or (>= 300 and < 400))
        {
            await McpAnswers.WriteRefusedAsync(context, StatusCodes.Status502BadGateway, -32000, "the server behind does not take the gateway's credentials", message);
            return;
        }

        context.Response.StatusCode = (int)answer.StatusCode;
        foreach (var name in Returned)
        {
            if (answer.Headers.TryGetValues(name, out var values) || answer.Content.Headers.TryGetValues(name, out values))
            {
                context.Response.Headers[name] = values.ToArray();
            }
        }

        var type = answer.Content.Headers.ContentType?.ToString();
        context.Response.ContentType = type;
        await using var body = await answer.Content.ReadAsStreamAsync(cancellation);
        if (type?.StartsWith(Events, StringComparison.OrdinalIgnoreCase) == true)
        {
            context.Response.Headers["X-Accel-Buffering"] = "no";
            await context.Response.StartAsync(cancellation);
            await new SseRelay(body, _limits.AnswerBytesMax).CopyToAsync(context.Response.BodyWriter, cancellation);
            return;
        }

        var whole = await BoundedBody.ReadAsync(body, _limits.AnswerBytesMax, cancellation);
        await context.Response.Body.WriteAsync(whole, context.RequestAborted);
    }

    // Until 2025-11-25 a closed stream was no cancellation: that was a message.
    private async Task CancelAsync(HttpRequest from, GuardedRequest request)
    {
        if (request.Message is not { IsRequest: true } message || from.Headers[SessionHeader].Count == 0)
        {
            return;
        }

        using var patience = new CancellationTokenSource(CancelPatience);
        try
        {
            using var sent = Make(from, CancelledNotice.Of(message.Id!.Value));
            sent.Headers.Remove("Mcp-Method");
            sent.Headers.Remove("Mcp-Name");
            using var answer = await _http.SendAsync(sent, HttpCompletionOption.ResponseHeadersRead, patience.Token);
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
        {
            // The caller is told all the same; what the server behind goes on with reaches nobody.
        }
    }
}
