namespace Fabric.Silo.ExtAuthz;

/// <summary>
/// How requests that a proxy asks about (nginx `auth_request`, Envoy `ext_authz`) become calls of tools. Without rules every request is denied.
/// </summary>
public sealed class ExtAuthzSettings
{
    /// <summary>The header that holds the agent's token, as `Bearer TOKEN`; in any other than `Authorization` also the token alone.</summary>
    public string TokenHeader { get; set; } = "Authorization";

    /// <summary>The header that holds the original method, where the proxy does not send it as the method itself.</summary>
    public string MethodHeader { get; set; } = "X-Original-Method";

    /// <summary>The header that holds the original request target, as the client sent it.</summary>
    public string UriHeader { get; set; } = "X-Original-URI";

    /// <summary>The tenant that the proxy guards: tokens whose lineage does not include it are denied. Null: any.</summary>
    public string? Tenant { get; set; }

    /// <summary>The rules, tried in order: the first that fits makes the call. At most 1,000.</summary>
    public IList<ExtAuthzRuleSettings> Rules { get; } = [];
}
