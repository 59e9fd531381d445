using System.Buffers;
using System.Security.Claims;
using Fabric.Client.AspNetCore;
using Fabric.Client.Edges;
using Fabric.Client.Mcp.Messages;
using Fabric.Core.Common;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Fabric.Client.Mcp.Http;

/// <summary>
/// Stands in front of an MCP endpoint (streamable HTTP): every request has a token for this server (MCP 2026-07-28, authorization), every call is decided before it goes on, and what was let through
/// is watched while it runs.
/// </summary>
internal sealed class McpHttpGuard(FabricMcpOptions options, string? tenant, Edge edge, RequestTokens tokens, RequestCalls calls, McpAnswers answers)
{
    // RFC 9728 and RFC 8707: one server, one resource.
    private readonly string _resource = options.Resource!;
    private readonly HashSet<string> _origins = new(options.AllowedOrigins.Append(new Uri(options.Resource!).GetLeftPart(UriPartial.Authority)), StringComparer.OrdinalIgnoreCase);

    /// <summary>Answers a request, or lets it go on to <paramref name="next"/>.</summary>
    public async Task InvokeAsync(HttpContext context, Func<HttpContext, GuardedRequest, Task> next)
    {
        var origin = context.Request.Headers.Origin;
        if (!StringValues.IsNullOrEmpty(origin) && (origin.Count != 1 || !_origins.Contains(origin[0]!)))
        {
            // MCP, transports, security: a page of another origin may be one that a name server has led here.
            await McpAnswers.WriteRefusedAsync(context, StatusCodes.Status403Forbidden, -32600, "requests of this origin are not taken");
            return;
        }

        var read = tokens.Read(context.Request, _resource);
        if (!read.IsOk)
        {
            await (read.Rejection.Code == Codes.Unauthenticated
                ? answers.WriteNoTokenAsync(context) : answers.WriteDeniedAsync(context, null, read.Rejection.Code, isDpop: true, []));
            return;
        }

        // INVARIANT T1: the audience is this server, whatever the enforcement point takes elsewhere.
        var checks = new CheckOptions(Audience: _resource, ProofKey: read.Value.Proof?.Key);
        using var admitted = await edge.AdmitAsync(read.Value.Token, checks, context.RequestAborted);
        if ((admitted.Decision.Code ?? options.WhyNotOurs(tenant, admitted.Decision.Claims!) ?? tokens.UseProof(read.Value, admitted.Decision.Claims)) is { } code)
        {
            await answers.WriteDeniedAsync(context, null, code, checks.ProofKey is not null, []);
            return;
        }

        if (!HttpMethods.IsPost(context.Request.Method))
        {
            using var plain = new GuardedRequest(read.Value.Token, checks, admitted, null, default);
            await RunAsync(context, plain, next);
            return;
        }

        await PostAsync(context, read.Value.Token, checks, admitted, next);
    }

    private async Task PostAsync(HttpContext context, string token, CheckOptions checks, CallHandle admitted, Func<HttpContext, GuardedRequest, Task> next)
    {
        var body = await ReadBodyAsync(context);
        using var request = new GuardedRequest(token, checks, admitted, body is null ? null : McpMessage.TryRead(body.Value), body ?? default);
        if (body is null)
        {
            await McpAnswers.WriteRefusedAsync(context, StatusCodes.Status413PayloadTooLarge, -32600, $"a message has at most {options.MessageBytesMax} bytes");
            return;
        }

        if (request.Message is not { } message)
        {
            await McpAnswers.WriteRefusedAsync(context, StatusCodes.Status400BadRequest, -32600, "the body is not one JSON-RPC message, or a name stands in it twice");
            return;
        }

        if (!MirroredHeaders.Match(context.Request.Headers, message))
        {
            await McpAnswers.WriteRefusedAsync(context, StatusCodes.Status400BadRequest, MirroredHeaders.Mismatch, "a header says something else than the body", message);
            return;
        }

        var made = await calls.OfAsync(message, context.RequestAborted);
        if (!made.IsOk)
        {
            await answers.WriteDeniedAsync(context, message, made.Rejection.Code, checks.ProofKey is not null, []);
            return;
        }

        foreach (var call in made.Value)
        {
            var handle = await edge.BeginAsync(token, call, checks, context.RequestAborted);
            request.Add(call, handle);
            if (!handle.Decision.Allowed)
            {
                await answers.WriteDeniedAsync(context, message, handle.Decision.Code!, checks.ProofKey is not null, made.Value);
                return;
            }
        }

        if (made.Value.Count > 0)
        {
            // One watch a request: receipts count calls.
            admitted.Dispose();
        }

        context.Request.Body = new MemoryStream(body.Value.ToArray(), writable: false);
        await RunAsync(context, request, next);
    }

    // What runs is aborted when its authority ends, unless whoever runs it has taken the watch over, to tell the caller why.
    private static async Task RunAsync(HttpContext context, GuardedRequest request, Func<HttpContext, GuardedRequest, Task> next)
    {
        context.User = new ClaimsPrincipal([new FabricIdentity(request, request.Claims), .. context.User.Identities.Where(identity => identity.IsAuthenticated)]);
        var aborted = context.RequestAborted;
        using var either = CancellationTokenSource.CreateLinkedTokenSource(aborted);
        var registrations = request.Watched.Select(handle => handle.CancellationToken.UnsafeRegister(_ => EndUntaken(request, handle, either), null)).ToArray();
        context.RequestAborted = either.Token;
        try
        {
            await next(context, request);
        }
        catch (OperationCanceledException) when (either.IsCancellationRequested && !aborted.IsCancellationRequested)
        {
            // INVARIANT R1: nothing more comes out of a request whose authority has ended.
            context.Abort();
        }
        finally
        {
            foreach (var registration in registrations)
            {
                await registration.DisposeAsync();
            }

            context.RequestAborted = aborted;
        }
    }

    private static void EndUntaken(GuardedRequest request, CallHandle handle, CancellationTokenSource either)
    {
        if (request.IsUntaken(handle))
        {
            either.Cancel();
        }
    }

    private async ValueTask<ReadOnlyMemory<byte>?> ReadBodyAsync(HttpContext context)
    {
        if (context.Request.ContentLength > options.MessageBytesMax)
        {
            return null;
        }

        var reader = context.Request.BodyReader;
        while (true)
        {
            var read = await reader.ReadAsync(context.RequestAborted);
            if (read.Buffer.Length > options.MessageBytesMax)
            {
                reader.AdvanceTo(read.Buffer.End);
                return null;
            }

            if (read.IsCompleted)
            {
                var bytes = read.Buffer.ToArray();
                reader.AdvanceTo(read.Buffer.End);
                return bytes;
            }

            reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }
}
