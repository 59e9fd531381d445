using System.Text.Json;
using Fabric.Engine;
using Fabric.Silo.Api;

namespace Fabric.Silo.OAuth.Registration;

/// <summary>Dynamic client registration (RFC 7591) and its management (RFC 7592).</summary>
internal static class RegistrationRoutes
{
    private const string Tag = "Registration";
    private const string All = Issuers.Tenant + "/oauth/register";
    private const string One = All + "/{a}";

    public static void Map(ApiRoutes routes, RegistrationEndpoint registration, ConfigurationEndpoint configuration, RegistrationAdmission admission)
    {
        Add(HttpMethods.Post, All, registration.AnswerAsync, StatusCodes.Status201Created)
            .RequireRoles(Role.Registrar)
            .Describe(Tag, "registerClient", "Registers a client, by an initial access token, within what the token gives (RFC 7591). Its secrets are shown this once.");
        Own(HttpMethods.Get, configuration.ReadAsync).Describe(Tag, "readClient", "A client's own registration, by its registration access token (RFC 7592 section 2.1).");
        Own(HttpMethods.Put, configuration.UpdateAsync)
            .Describe(Tag, "updateClient", "Replaces a client's own registration, and its registration access token (RFC 7592 section 2.2).");
        Own(HttpMethods.Delete, configuration.DeleteAsync, StatusCodes.Status204NoContent)
            .Describe(Tag, "deleteClient", "Deletes a client's own registration: all that was derived from it is dead at once, for good (RFC 7592 section 2.3).");

        IEndpointConventionBuilder Own(string method, RequestDelegate handler, int success = StatusCodes.Status200OK) => Add(method, One, handler, success).WithMetadata(admission).RequireRoles(Role.Agent);

        IEndpointConventionBuilder Add(string method, string path, RequestDelegate handler, int success)
        {
            var endpoint = routes.Map(method, path, success, success == StatusCodes.Status204NoContent ? typeof(void) : typeof(ClientInformation), [], handler).WithMetadata(RegistrationErrors.Style);
            return method == HttpMethods.Post || method == HttpMethods.Put
                ? endpoint.WithMetadata(new Accepts(typeof(JsonElement), isOptional: false, judgesItself: true), new BodyLimit(RegistrationBody.BytesMax))
                : endpoint;
        }
    }
}
