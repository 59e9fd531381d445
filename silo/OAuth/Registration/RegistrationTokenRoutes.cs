using Fabric.Contracts;
using Fabric.Contracts.Registrations;
using Fabric.Core.Common;
using Fabric.Silo.Api;

namespace Fabric.Silo.OAuth.Registration;

/// <summary>Initial access tokens (RFC 7591 section 1.2), as administrators make and revoke them.</summary>
internal static class RegistrationTokenRoutes
{
    private const string Tag = "Registration";
    private const string All = "/v1/tenants/{t}/registration-tokens";
    private const string One = All + "/{id}";

    private static readonly QueryField[] Revocation = [new("clients", "`true`: retires all clients that came by it, too.")];

    public static void Map(ApiRoutes routes, InitialTokenCommands commands)
    {
        var json = FabricJson.Default;
        routes.Post(
                All, json.MakeRegistrationToken, json.RegistrationTokenWithSecret,
                (r, body) => commands.MakeAsync(r.Fabric, r.Context.Caller(), r.Tenant, body, r.Cancellation), StatusCodes.Status201Created)
            .RequireRoles(RoleSets.Admins)
            .Describe(Tag, "makeRegistrationToken", "Makes an initial access token, by which clients register themselves with the tenant (RFC 7591). It is shown this once.");
        routes.Get(All, json.PageRegistrationTokenInfo, r => commands.ListAsync(r.Fabric, r.Tenant, r.Cancellation))
            .RequireRoles(RoleSets.Admins)
            .Describe(Tag, "listRegistrationTokens", "A tenant's initial access tokens that have not ended, at most 1,000.");
        routes.Get(One + "/clients", json.PageRegisteredClientInfo, r => commands.ListClientsAsync(r.Fabric, r.Tenant, r.Route("id"), r.Cancellation))
            .RequireRoles(RoleSets.Admins)
            .Describe(Tag, "listRegisteredClients", "The clients that came by an initial access token, also when it has ended.");
        routes.Map(HttpMethods.Delete, One, StatusCodes.Status200OK, typeof(RegistrationTokenInfo), Revocation, async context =>
            {
                var request = routes.RequestOf(context);
                var withClients = request.QueryFlag("clients");
                Outcome<RegistrationTokenInfo> answer = (request.UnknownQuery(Revocation) ?? withClients.Rejection) is { } bad
                    ? bad
                    : await commands.RevokeAsync(request.Fabric, request.Tenant, request.Route("id"), withClients.Value, request.Cancellation);
                ApiRoutes.Reply(context, StatusCodes.Status200OK, answer, json.RegistrationTokenInfo);
            })
            .RequireRoles(RoleSets.Admins)
            .Describe(Tag, "revokeRegistrationToken", "Revokes an initial access token at once. Clients that came by it go on, unless `clients` says otherwise.");
    }
}
