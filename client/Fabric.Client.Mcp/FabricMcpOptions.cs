using Fabric.Core.Common;
using Fabric.Core.Tokens;

namespace Fabric.Client.Mcp;

/// <summary>How an MCP server is guarded. Read once, at the start.</summary>
public sealed class FabricMcpOptions
{
    /// <summary>
    /// The server's canonical URI (RFC 8707), as clients address it: what `aud` of a token must be, what a proof of a key must be for, and where the protected resource
    /// metadata (RFC 9728) stands. Needed over HTTP.
    /// </summary>
    public string? Resource { get; set; }

    /// <summary>
    /// The issuers whose tokens are taken: `ISSUER/tenants/TENANT` each. Needed over HTTP. An enforcement point that guards no tenant takes tokens of these issuers only.
    /// </summary>
    public IList<string> AuthorizationServers { get; } = [];

    /// <summary>Fabric's tool that all calls are of. Default: the MCP server's name.</summary>
    public string? Tool { get; set; }

    /// <summary>What single MCP tools are, by their names.</summary>
    public IDictionary<string, McpToolRule> Tools { get; } = new Dictionary<string, McpToolRule>(StringComparer.Ordinal);

    /// <summary>The resource of calls whose tool has no rule: a template as in <see cref="McpToolRule"/>. Default: none.</summary>
    public string ResourceTemplate { get; set; } = "";

    /// <summary>
    /// Whether reading a resource is a call, too: action `resources/read`, resource the URI, class read. Otherwise a valid token is enough. Default: yes.
    /// </summary>
    public bool GuardsResources { get; set; } = true;

    /// <summary>Whether getting a prompt is a call, too: action `prompts/get`, resource the prompt's name, class read. Otherwise a valid token is enough. Default: yes.</summary>
    public bool GuardsPrompts { get; set; } = true;

    /// <summary>Whether `tools/list` leaves out the tools that the token's scope names in no way. Default: no, so that a client can ask for more scope.</summary>
    public bool FiltersTools { get; set; }

    /// <summary>`scopes_supported` of the metadata: what a client asks for first. Default: left out.</summary>
    public IList<string> ScopesSupported { get; } = [];

    /// <summary>Origins of web pages (`Origin` header) that may call; a request of another page is refused with 403. Default: none but the server's own.</summary>
    public IList<string> AllowedOrigins { get; } = [];

    /// <summary>The most bytes of a message of a client. 1 KiB to 64 MiB. Default 4 MiB.</summary>
    public int MessageBytesMax { get; set; } = 4 * 1024 * 1024;

    /// <summary>
    /// The token of a server over stdio, whose client is the process that started it: asked for at each call, so that it may be renewed. Default: none, so that every call is denied there.
    /// Never used over HTTP.
    /// </summary>
    public Func<string?>? StdioToken { get; set; }

    /// <summary>Takes the token of a server over stdio from an environment variable, or from the file that another one names, read anew when it changes.</summary>
    public FabricMcpOptions FromEnvironment(string variable = "FABRIC_TOKEN", string fileVariable = "FABRIC_TOKEN_FILE")
    {
        StdioToken = new Server.EnvironmentToken(variable, fileVariable).Read;
        return this;
    }

    /// <summary>Throws <see cref="ArgumentException"/> that names the first option which does not hold. <paramref name="tenant"/>: the one that the enforcement point guards.</summary>
    internal void Validate(bool isHttp, string? tenant)
    {
        Require(MessageBytesMax is >= 1024 and <= 64 * 1024 * 1024, nameof(MessageBytesMax));
        Require(Tool is not { Length: 0 }, nameof(Tool));
        if (!isHttp)
        {
            Require(tenant is not null || AuthorizationServers.Count > 0, nameof(AuthorizationServers));
            return;
        }

        // A fragment is no part of a resource, and `aud` is compared character by character.
        Require(Uri.TryCreate(Resource, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" && url.Fragment.Length == 0 && url.Query.Length == 0
            && url.UserInfo.Length == 0 && Resource!.Length <= TokenClaims.NameLengthMax, nameof(Resource));
        Require(AuthorizationServers.Count > 0 && AuthorizationServers.All(server => Uri.TryCreate(server, UriKind.Absolute, out var issuer) && issuer.Scheme is "http" or "https"), nameof(AuthorizationServers));
    }

    /// <summary>
    /// Why a token of this fabric is not taken here; null: it is. Where no tenant is guarded, a scope of any tenant would do, and each tenant's administrator can grant one (T1).
    /// </summary>
    internal string? WhyNotOurs(string? tenant, TokenClaims claims) =>
        tenant is null && !AuthorizationServers.Contains(claims.Issuer, StringComparer.Ordinal) ? Codes.TokenForeignTenant : null;

    private static void Require(bool ok, string option)
    {
        if (!ok)
        {
            throw new ArgumentException($"the MCP guard's option `{option}` is missing or out of its bounds", option);
        }
    }
}
