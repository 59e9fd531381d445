using Fabric.Client.Edges;
using Fabric.Core.Common;
using Fabric.Core.Scopes;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Fabric.Client.AspNetCore;

/// <summary>Decides a request before its endpoint runs, and watches it while it does.</summary>
internal sealed class CallGuard(string tool, string action, ResourceTemplate resource, ActionClass @class)
{
    public async Task InvokeAsync(HttpContext context, RequestDelegate guarded)
    {
        var tokens = context.RequestServices.GetRequiredService<RequestTokens>();
        var read = tokens.Read(context.Request, UrlOf(context));
        if (!read.IsOk)
        {
            await (read.Rejection.Code == Codes.Unauthenticated
                ? BearerAnswer.WriteUnauthenticatedAsync(context) : BearerAnswer.WriteAsync(context, read.Rejection.Code, isDpop: true));
            return;
        }

        var presented = read.Value;
        var aborted = context.RequestAborted;
        var edge = context.RequestServices.GetRequiredService<Edge>();
        var options = presented.Proof is { } proof ? new CheckOptions(ProofKey: proof.Key) : null;
        if (options is not null && await WhyNotProvenAsync(edge, tokens, presented, options, aborted) is { } refused)
        {
            await BearerAnswer.WriteAsync(context, refused, isDpop: true);
            return;
        }

        var call = new ToolCall(tool, action, resource.Fill(context.Request.RouteValues), @class);
        using var handle = await edge.BeginAsync(presented.Token, call, options, aborted);
        if (!handle.Decision.Allowed)
        {
            await BearerAnswer.WriteAsync(context, handle.Decision.Code!, options is not null);
            return;
        }

        context.Features.Set(new GuardedCall(handle.Decision));
        using var either = CancellationTokenSource.CreateLinkedTokenSource(aborted, handle.CancellationToken);
        context.RequestAborted = either.Token;
        try
        {
            await guarded(context);
        }
        catch (OperationCanceledException) when (handle.CancelledBy is not null && !aborted.IsCancellationRequested)
        {
            // The endpoint heeded the cancellation: its caller learns why.
            context.RequestAborted = aborted;
            await BearerAnswer.WriteAsync(context, handle.CancelledBy ?? Codes.CheckFailed, options is not null);
        }
        finally
        {
            context.RequestAborted = aborted;
        }
    }

    // The token first: nobody but the key's holder, with a token that is bound to it, can fill the memory of proofs.
    private static async ValueTask<string?> WhyNotProvenAsync(Edge edge, RequestTokens tokens, PresentedToken presented, CheckOptions options, CancellationToken cancellation)
    {
        using var admitted = await edge.AdmitAsync(presented.Token, options, cancellation);
        return admitted.Decision.Allowed ? tokens.UseProof(presented, admitted.Decision.Claims) : admitted.Decision.Code;
    }

    private static string UrlOf(HttpContext context)
    {
        var request = context.Request;
        var origin = context.RequestServices.GetRequiredService<IOptions<FabricEdgeOptions>>().Value.Origin?.GetLeftPart(UriPartial.Authority) ?? $"{request.Scheme}://{request.Host}";
        return $"{origin}{request.PathBase.Add(request.Path).ToUriComponent()}";
    }
}
