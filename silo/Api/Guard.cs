using System.Diagnostics;
using Fabric.Core.Common;
using Fabric.Engine;
using Fabric.Silo.Metrics;
using Fabric.Silo.OAuth.Registration;
using Microsoft.Extensions.Primitives;

namespace Fabric.Silo.Api;

/// <summary>
/// Stands around every endpoint: who calls, may that role call here, is it the caller's own tenant; then the endpoint; and what went wrong in it.
/// </summary>
internal sealed class Guard(
    IFabricEngine engine, RequestDelegate next, EndpointRoles roles, string endpoint, SiloMeter meter, ILogger log, TimeProvider? lasts = null, IAdmission? admission = null)
{
    private static readonly TimeSpan AskAgainEvery = TimeSpan.FromSeconds(1);

    private static readonly Rejection Unauthenticated = new(Codes.Unauthenticated, "authorization", "a valid secret is needed: `Authorization: Bearer SECRET`");
    private static readonly Rejection Foreign = new(Codes.NotFound, "tenant", "no such node");
    private static readonly Rejection Registered = new(Codes.Forbidden, "client", "a client that has registered itself uses the OAuth endpoints of its tenant");
    private readonly Rejection _forbidden = new(Codes.Forbidden, endpoint, $"the caller's role may not do this; it takes one of: {string.Join(", ", RoleSets.NamesOf(roles.Allowed))}");

    public async Task InvokeAsync(HttpContext context)
    {
        var start = Stopwatch.GetTimestamp();
        try
        {
            if (roles.Allowed == Role.None || (admission is null ? Admit(context) : await admission.AdmitAsync(context, roles)))
            {
                await (lasts is null ? next(context) : WatchAsync(context, lasts));
            }
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            context.Abort();
        }
        catch (BadHttpRequestException fault)
        {
            JsonAnswer.Refuse(context, fault.StatusCode == StatusCodes.Status413PayloadTooLarge
                ? new Rejection(Codes.TooLarge, "body", "the body is larger than this path takes")
                : new Rejection(Codes.BrokenRequest, "body", "the request did not arrive whole, or breaks HTTP"));
        }
        catch (StoreAwayException fault)
        {
            log.RequestFailed(endpoint, fault);
            JsonAnswer.Refuse(context, new Rejection(Codes.StorageUnavailable, endpoint, "storage does not answer now: ask again"));
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            log.RequestFailed(endpoint, fault);
            JsonAnswer.Refuse(context, new Rejection(Codes.Internal, endpoint, "an error of the fabric itself; its log says more"));
        }
        meter.Requested(endpoint, context.Response.StatusCode, Stopwatch.GetElapsedTime(start));
    }

    // A stream ends with the key that it was opened with: a revoked key reads nothing more, and an edge of it runs out.
    private async Task WatchAsync(HttpContext context, TimeProvider time)
    {
        var header = context.Request.Headers.Authorization;
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        context.RequestAborted = ended.Token;
        await using var timer = time.CreateTimer(
            _ =>
            {
                if (!Identify(header).IsOk)
                {
                    _ = ended.CancelAsync();
                }
            },
            null, AskAgainEvery, AskAgainEvery);
        await next(context);
    }

    private bool Admit(HttpContext context)
    {
        var who = Identify(context.Request.Headers.Authorization);
        if (!who.IsOk)
        {
            JsonAnswer.Refuse(context, who.Rejection);
            return false;
        }
        var caller = who.Value;
        if ((caller.Role & roles.Allowed) == Role.None)
        {
            JsonAnswer.Refuse(context, _forbidden);
            return false;
        }
        // docs/decisions/0049: what a client has registered for is looked at where it speaks OAuth; past that it would have all that an agent has.
        if (caller.Role == Role.Agent && RegisteredClients.IsRegistered(caller.Subject))
        {
            JsonAnswer.Refuse(context, Registered);
            return false;
        }
        // INVARIANT T1: the engine judges every node; this stands before it, so that a mistake there shows nothing here.
        if (caller.Tenant is not null && context.GetRouteValue("t") is string tenant && tenant != caller.Tenant)
        {
            JsonAnswer.Refuse(context, Foreign);
            return false;
        }
        context.Features.Set(caller);
        return true;
    }

    private Outcome<Caller> Identify(StringValues header)
    {
        const string scheme = "Bearer ";
        return header is [{ } text] && text.StartsWith(scheme, StringComparison.OrdinalIgnoreCase)
            ? engine.Authenticate(text.AsSpan(scheme.Length).Trim())
            : Unauthenticated;
    }
}
