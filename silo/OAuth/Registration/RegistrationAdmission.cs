using Fabric.Engine;
using Fabric.Silo.Api;

namespace Fabric.Silo.OAuth.Registration;

/// <summary>
/// Lets a client in at its own configuration endpoint (RFC 7592 section 2) by its registration access token, and nobody else by anything else: the client's secret does not do, since who has stolen that must not make it last.
/// </summary>
internal sealed class RegistrationAdmission(RegisteredClients clients) : IAdmission
{
    private const string Scheme = "Bearer ";

    /// <inheritdoc/>
    public async ValueTask<bool> AdmitAsync(HttpContext context, EndpointRoles roles)
    {
        var (tenant, id) = (context.GetRouteValue("t") as string ?? "", context.GetRouteValue("a") as string ?? "");
        var token = context.Request.Headers.Authorization is [{ } header] && header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) ? header[Scheme.Length..].Trim() : "";
        if (!RegisteredClients.IsToken(token) || !roles.Allowed.HasFlag(Role.Agent))
        {
            JsonAnswer.Refuse(context, RegistrationErrors.BadToken);
            return false;
        }

        // INVARIANT T1: found by tenant and client, so that it is no other's.
        var found = await clients.FindAsync(tenant, id, context.RequestAborted);
        if (!found.IsOk || found.Value is not { } held || !MayUse(context, clients.UseOf(held.Value, token)))
        {
            JsonAnswer.Refuse(context, found.Rejection ?? RegistrationErrors.BadToken);
            return false;
        }
        context.Features.Set(new Caller(Role.Agent, tenant, id));
        context.Features.Set(new ProvenClient(held, token));
        return true;
    }

    // The answer that told the successor may have been lost: the same update may be sent again.
    private static bool MayUse(HttpContext context, TokenUse use) => use == TokenUse.Current || (use == TokenUse.JustReplaced && HttpMethods.IsPut(context.Request.Method));
}
