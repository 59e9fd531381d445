using System.Security.Cryptography;
using Fabric.Client.Mcp.Http;
using Fabric.Client.Mcp.Messages;
using ModelContextProtocol.Client;

namespace Fabric.Gateway.Upstreams;

/// <summary>
/// An MCP server that is a program: streamable HTTP in front, its standard streams behind. A client of a revision up to 2025-11-25 has a session and a program of its own from `initialize` on; a client of
/// 2026-07-28, which has no sessions, one that its principal's requests share.
/// </summary>
internal sealed partial class StdioUpstream(UpstreamSettings settings, GatewayLimits limits, TimeProvider time, ILogger<StdioUpstream> logger) : IUpstream
{
    private const string SessionHeader = "Mcp-Session-Id";

    // JSON-RPC: the parameters are not what they have to be.
    private const int InvalidParams = -32602;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, StdioSession> _sessions = new(StringComparer.Ordinal);

    public IClientTransport MakeTransport() => new StdioClientTransport(new StdioClientTransportOptions
    {
        Command = settings.Command!, Arguments = [.. settings.Arguments], WorkingDirectory = settings.WorkingDirectory, InheritEnvironmentVariables = false,
        EnvironmentVariables = ChildProcess.EnvironmentOf(settings).ToDictionary(pair => pair.Key, pair => (string?)pair.Value, StringComparer.Ordinal),
    });

    public async Task ForwardAsync(HttpContext context, GuardedRequest request)
    {
        var owner = Principal.Of(request);
        var named = context.Request.Headers[SessionHeader];
        if (HttpMethods.IsDelete(context.Request.Method) && named.Count == 1 && await EndAsync(named[0]!, owner))
        {
            context.Response.StatusCode = StatusCodes.Status204NoContent;
            return;
        }

        if (request.Message is not { } message)
        {
            // A stream for what belongs to no request is not offered: MCP 2025-11-25, transports, lets a server say so.
            context.Response.Headers.Allow = "POST, DELETE";
            await McpAnswers.WriteRefusedAsync(context, StatusCodes.Status405MethodNotAllowed, -32000, "the gateway takes messages by POST");
            return;
        }

        var isModern = Revisions.IsWithoutSessions(context.Request.Headers, message);
        if (isModern && !await IsWholeAsync(context, message))
        {
            return;
        }

        var session = message.Method == "initialize" && !isModern ? await OpenAsync(context, NewId(), owner)
            : isModern ? Find($"principal:{owner}", owner) ?? await OpenAsync(context, $"principal:{owner}", owner)
            : named.Count == 1 ? Find(named[0]!, owner) : null;
        if (session is null)
        {
            if (!context.Response.HasStarted)
            {
                await McpAnswers.WriteRefusedAsync(context, named.Count == 0 ? StatusCodes.Status400BadRequest : StatusCodes.Status404NotFound, -32001, "there is no such session", message);
            }

            return;
        }

        await ExchangeAsync(context, request, session, isModern);
    }

    public async ValueTask DisposeAsync()
    {
        StdioSession[] all;
        lock (_gate)
        {
            all = [.. _sessions.Values];
            _sessions.Clear();
        }

        await Task.WhenAll(all.Select(session => session.DisposeAsync().AsTask()));
    }

    // MCP 2026-07-28: a program has no headers, so that it is the gateway that asks for them and for what they mirror. A program that speaks several revisions goes by the first message that it gets: one
    // that says nothing of its revision would have it speak an older one to all requests of the principal.
    private static async Task<bool> IsWholeAsync(HttpContext context, McpMessage message)
    {
        if (!message.IsRequest)
        {
            return true;
        }

        if (!message.DescribesItself)
        {
            await McpAnswers.WriteRefusedAsync(context, StatusCodes.Status400BadRequest, InvalidParams, "`_meta` does not say the protocol's version and the client's capabilities", message);
            return false;
        }

        if (!MirroredHeaders.AreThere(context.Request.Headers, message))
        {
            await McpAnswers.WriteRefusedAsync(context, StatusCodes.Status400BadRequest, MirroredHeaders.Mismatch, "a header that mirrors the body is not there", message);
            return false;
        }

        return true;
    }

    private static async Task ExchangeAsync(HttpContext context, GuardedRequest request, StdioSession session, bool isModern)
    {
        try
        {
            if (!request.Message!.IsRequest)
            {
                await session.SendAsync(request.Body, context.RequestAborted);
                context.Response.StatusCode = StatusCodes.Status202Accepted;
                return;
            }

            if (request.Message.Method == "initialize")
            {
                context.Response.Headers[SessionHeader] = session.Id;
            }

            if (await session.BeginAsync(request.Body, context.RequestAborted) is not { } exchange)
            {
                await McpAnswers.WriteRefusedAsync(context, StatusCodes.Status503ServiceUnavailable, -32000, "the session has as many requests open as it may", request.Message);
                return;
            }

            await AnswerAsync(context, request, session, exchange, isModern);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            await McpAnswers.WriteRefusedAsync(context, StatusCodes.Status502BadGateway, -32000, "the server behind has ended", request.Message);
        }
    }

    private static async Task AnswerAsync(HttpContext context, GuardedRequest request, StdioSession session, Exchange exchange, bool isModern)
    {
        var watch = request.TakeWatch();
        using var ended = CancellationTokenSource.CreateLinkedTokenSource([context.RequestAborted, .. watch.Select(handle => handle.CancellationToken)]);
        try
        {
            await foreach (var (message, isAnswer) in exchange.ReadAllAsync(ended.Token))
            {
                if (isAnswer && !context.Response.HasStarted)
                {
                    await McpAnswers.WriteAsync(context, isModern ? ErrorStatus.Of(message) : StatusCodes.Status200OK, message);
                    return;
                }

                if (!context.Response.HasStarted)
                {
                    await Answering.StartEventsAsync(context.Response);
                }

                await Answering.WriteEventAsync(context.Response, message);
            }
        }
        catch (OperationCanceledException) when (Answering.WhyEnded(watch) is not null && !context.RequestAborted.IsCancellationRequested)
        {
            // INVARIANT R1: nothing more comes through, and the program is told to stop.
            await Answering.EndAsync(context, request, Answering.WhyEnded(watch));
        }
        catch (OperationCanceledException)
        {
            // The caller has gone.
        }
        finally
        {
            await session.CancelAsync(exchange);
        }
    }

    private StdioSession? Find(string id, string owner)
    {
        lock (_gate)
        {
            if (!_sessions.TryGetValue(id, out var session) || session.Owner != owner || session.IsOver)
            {
                return null;
            }

            session.UsedAt = time.GetTimestamp();
            return session;
        }
    }

    // Null: it was answered that there is no room, or no program.
    private async Task<StdioSession?> OpenAsync(HttpContext context, string id, string owner)
    {
        await SweepAsync();
        StdioSession? session = null;
        try
        {
            lock (_gate)
            {
                if (_sessions.TryGetValue(id, out var known) && !known.IsOver)
                {
                    return known;
                }

                if (_sessions.Count < limits.SessionsMax && _sessions.Values.Count(other => other.Owner == owner) < limits.SessionsPerCallerMax)
                {
                    session = new StdioSession(id, owner, ChildProcess.Start(settings, limits.AnswerBytesMax), limits.RequestsPerSessionMax) { UsedAt = time.GetTimestamp() };
                    _sessions[id] = session;
                }
            }
        }
        catch (Exception e) when (e is System.ComponentModel.Win32Exception or InvalidOperationException or IOException or InvalidDataException)
        {
            LogNoProgram(e);
        }

        if (session is null)
        {
            await McpAnswers.WriteRefusedAsync(context, StatusCodes.Status503ServiceUnavailable, -32000, "there are as many sessions as there may be, or the server behind cannot be started");
        }

        return session;
    }

    private async Task<bool> EndAsync(string id, string owner)
    {
        if (Find(id, owner) is not { } session)
        {
            return false;
        }

        lock (_gate)
        {
            _sessions.Remove(id);
        }

        await session.DisposeAsync();
        return true;
    }

    private async Task SweepAsync()
    {
        StdioSession[] idle;
        lock (_gate)
        {
            idle = [.. _sessions.Values.Where(session => session.IsOver || (!session.IsBusy && time.GetElapsedTime(session.UsedAt).TotalSeconds > limits.IdleSeconds))];
            foreach (var session in idle)
            {
                _sessions.Remove(session.Id);
            }
        }

        foreach (var session in idle)
        {
            await session.DisposeAsync();
        }
    }

    private static string NewId() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));

    [LoggerMessage(211, LogLevel.Error, "the server behind cannot be started")]
    private partial void LogNoProgram(Exception exception);
}
