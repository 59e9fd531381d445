namespace Fabric.Gateway;

/// <summary>The gateway's settings: configuration section `Gateway`.</summary>
internal sealed class GatewaySettings
{
    /// <summary>The configuration section.</summary>
    public const string Section = "Gateway";

    /// <summary>Where to listen, separated by `;`.</summary>
    public string Urls { get; set; } = "http://127.0.0.1:6080";

    /// <summary>The path of the MCP endpoint.</summary>
    public string Path { get; set; } = "/mcp";

    /// <summary>The fabric that decides.</summary>
    public FabricSettings Fabric { get; set; } = new();

    /// <summary>The MCP server behind.</summary>
    public UpstreamSettings Upstream { get; set; } = new();

    /// <summary>What the server behind is for the fabric, and for its clients.</summary>
    public GuardSettings Guard { get; set; } = new();

    /// <summary>The gateway's limits (B1).</summary>
    public GatewayLimits Limits { get; set; } = new();
}

/// <summary>The fabric that decides.</summary>
internal sealed class FabricSettings
{
    /// <summary>Its addresses, separated by `;`.</summary>
    public string Address { get; set; } = "";

    /// <summary>The file that holds the API key of role `enforcement_point`.</summary>
    public string SecretFile { get; set; } = "";

    /// <summary>The tenant that is guarded. Left out: the tokens of the issuers in <see cref="GuardSettings.AuthorizationServers"/>.</summary>
    public string? Tenant { get; set; }

    /// <summary>How receipts name this gateway.</summary>
    public string Name { get; set; } = Environment.MachineName;
}

/// <summary>The MCP server behind: a program that speaks over its standard streams, or a URL.</summary>
internal sealed class UpstreamSettings
{
    /// <summary>The program.</summary>
    public string? Command { get; set; }

    /// <summary>Its arguments.</summary>
    public IList<string> Arguments { get; } = [];

    /// <summary>Its environment, beside PATH and HOME: nothing else of the gateway's own is handed on.</summary>
    public IDictionary<string, string> Environment { get; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>A file of lines `NAME=VALUE` for its environment: for secrets.</summary>
    public string? EnvironmentFile { get; set; }

    /// <summary>Its working folder.</summary>
    public string? WorkingDirectory { get; set; }

    /// <summary>The URL of its MCP endpoint (streamable HTTP).</summary>
    public string? Url { get; set; }

    /// <summary>A file of lines `NAME: VALUE` that go with every request to it: the gateway's own credentials there.</summary>
    public string? HeadersFile { get; set; }
}

/// <summary>What the server behind is for the fabric, and for its clients. The names are those of the package's options.</summary>
internal sealed class GuardSettings
{
    public string Resource { get; set; } = "";

    public IList<string> AuthorizationServers { get; } = [];

    public string Tool { get; set; } = "";

    public string ResourceTemplate { get; set; } = "";

    public bool GuardsResources { get; set; } = true;

    public bool GuardsPrompts { get; set; } = true;

    public IList<string> ScopesSupported { get; } = [];

    public IList<string> AllowedOrigins { get; } = [];

    /// <summary>Rules of single tools. A list, since a tool's name may have any characters.</summary>
    public IList<ToolRuleSettings> Tools { get; } = [];
}

/// <summary>The rule of one tool.</summary>
internal sealed class ToolRuleSettings
{
    public string Name { get; set; } = "";

    public string? Resource { get; set; }

    /// <summary>`read`, `write` or `destructive`.</summary>
    public string? Class { get; set; }

    public string? Action { get; set; }

    public string? Tool { get; set; }
}

/// <summary>The gateway's limits (B1).</summary>
internal sealed class GatewayLimits
{
    /// <summary>Sessions of clients; each is a process of its own where the server behind is a program. 1 to 10,000.</summary>
    public int SessionsMax { get; set; } = 100;

    /// <summary>Sessions of one principal. 1 to 10,000.</summary>
    public int SessionsPerCallerMax { get; set; } = 10;

    /// <summary>Requests at once, streams included. 1 to 100,000.</summary>
    public int RequestsMax { get; set; } = 1_000;

    /// <summary>Requests at once of one session. 1 to 10,000.</summary>
    public int RequestsPerSessionMax { get; set; } = 100;

    /// <summary>Bytes of a message of a client. 1 KiB to 64 MiB.</summary>
    public int MessageBytesMax { get; set; } = 4 * 1024 * 1024;

    /// <summary>Bytes of a message of the server behind. 1 KiB to 256 MiB.</summary>
    public int AnswerBytesMax { get; set; } = 16 * 1024 * 1024;

    /// <summary>Seconds after which a session that nobody uses ends. 1 to 86,400.</summary>
    public int IdleSeconds { get; set; } = 1_800;
}
