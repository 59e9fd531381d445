using Fabric.Client.Edges;
using Fabric.Core.Common;
using Fabric.Core.Scopes;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Fabric.Client.AspNetCore;

/// <summary>Decides a request before its endpoint runs, and watches it while it does.</summary>
internal sealed class CallGuard(string tool, string action, ResourceTemplate resource, ActionClass @class)
{
    private const string Scheme = "Bearer ";

    public async Task InvokeAsync(HttpContext context, RequestDelegate guarded)
    {
        var header = context.Request.Headers.Authorization;
        if (header.Count != 1 || header[0] is not { } value || !value.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
        {
            await BearerAnswer.WriteUnauthenticatedAsync(context);
            return;
        }

        var aborted = context.RequestAborted;
        var edge = context.RequestServices.GetRequiredService<Edge>();
        var call = new ToolCall(tool, action, resource.Fill(context.Request.RouteValues), @class);
        using var handle = await edge.BeginAsync(value[Scheme.Length..].Trim(), call, cancellation: aborted);
        if (!handle.Decision.Allowed)
        {
            await BearerAnswer.WriteAsync(context, handle.Decision.Code!);
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
            await BearerAnswer.WriteAsync(context, handle.CancelledBy ?? Codes.CheckFailed);
        }
        finally
        {
            context.RequestAborted = aborted;
        }
    }
}
