namespace Fabric.Silo.OAuth;

/// <summary>
/// A tenant as an issuer: its identifier is what tokens carry as `iss`, and its endpoints stand below the address of the fabric's own issuer. An id needs no escaping in a path.
/// </summary>
internal sealed class Issuers(string address)
{
    /// <summary>The path of one tenant's endpoints below the fabric's address.</summary>
    public const string Tenant = "/tenants/{t}";

    private const string OAuth = "/oauth";

    /// <summary>Where RFC 8414 section 3.1 puts the metadata of an issuer with a path: the well-known name comes first, then the path.</summary>
    public string ServerMetadataPath { get; } = "/.well-known/oauth-authorization-server" + PathOf(address) + Tenant;

    /// <summary>The same document by the name of OpenID Connect Discovery, which RFC 8414 section 5 knows in two places.</summary>
    public IReadOnlyList<string> OpenIdPaths { get; } =
        ["/.well-known/openid-configuration" + PathOf(address) + Tenant, Tenant + "/.well-known/openid-configuration"];

    /// <summary>Where SSF 1.0 section 7.2 puts the configuration of a transmitter with a path, in the same way.</summary>
    public string SignalsPath { get; } = "/.well-known/ssf-configuration" + PathOf(address) + Tenant;

    /// <summary>A tenant's issuer identifier.</summary>
    public string Of(string tenant) => $"{address}/tenants/{tenant}";

    /// <summary>Whether an issuer is this fabric, or a tenant of it.</summary>
    public bool IsOwn(string issuer) => issuer == address || issuer.StartsWith(address + "/", StringComparison.OrdinalIgnoreCase);

    /// <summary>Where a tenant's public signing keys are.</summary>
    public string KeysOf(string tenant) => $"{address}/v1/tenants/{tenant}/jwks.json";

    /// <summary>A tenant's token endpoint.</summary>
    public string TokenOf(string tenant) => $"{Of(tenant)}{OAuth}/token";

    /// <summary>A tenant's introspection endpoint.</summary>
    public string IntrospectionOf(string tenant) => $"{Of(tenant)}{OAuth}/introspect";

    /// <summary>A tenant's revocation endpoint.</summary>
    public string RevocationOf(string tenant) => $"{Of(tenant)}{OAuth}/revoke";

    /// <summary>A tenant's authorization endpoint.</summary>
    public string AuthorizationOf(string tenant) => PageOf(tenant, "authorize");

    /// <summary>Where a tenant's clients push authorization requests.</summary>
    public string PushedOf(string tenant) => $"{Of(tenant)}{OAuth}/par";

    /// <summary>A tenant's backchannel authentication endpoint.</summary>
    public string BackchannelOf(string tenant) => $"{Of(tenant)}{OAuth}/bc-authorize";

    /// <summary>Where clients register themselves with a tenant.</summary>
    public string RegistrationOf(string tenant) => PageOf(tenant, "register");

    /// <summary>A page for a tenant's users.</summary>
    public string PageOf(string tenant, string page) => $"{Of(tenant)}{OAuth}/{page}";

    private static string PathOf(string address) => new Uri(address).AbsolutePath.TrimEnd('/');
}
