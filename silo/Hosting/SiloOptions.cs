using System.Reflection;
using Fabric.Silo.ExtAuthz;
using Fabric.Silo.OAuth;
using Fabric.Silo.Outbound;
using Fabric.Silo.Signals;

namespace Fabric.Silo.Hosting;

/// <summary>The host's settings: configuration section `Fabric`, or environment variables such as `Fabric__DataFolder`.</summary>
public sealed class SiloOptions
{
    /// <summary>The configuration section.</summary>
    public const string Section = "Fabric";

    /// <summary>Which engine: `embedded`, or `orleans` where the program was built with it.</summary>
    public string Engine { get; set; } = "embedded";

    /// <summary>Where the embedded engine keeps everything.</summary>
    public string DataFolder { get; set; } = "./data";

    /// <summary>Where to listen, separated by `;`. An `https` address needs <see cref="Tls"/>.</summary>
    public string Urls { get; set; } = "http://127.0.0.1:5080";

    /// <summary>The `iss` of tokens (RFC 9068 section 2.2).</summary>
    public string Issuer { get; set; } = "https://fabric.local";

    /// <summary>The `aud` of tokens whose issuance names none.</summary>
    public string DefaultAudience { get; set; } = "fabric";

    /// <summary>The master key, 32 bytes in base64. Left out: a file in the data folder, made at the first start.</summary>
    public string? MasterKey { get; set; }

    /// <summary>`text` or `json`: how the log is written to the console.</summary>
    public string LogFormat { get; set; } = "text";

    /// <summary>The server's certificate.</summary>
    public TlsSettings Tls { get; set; } = new();

    /// <summary>The journal.</summary>
    public JournalSettings Journal { get; set; } = new();

    /// <summary>How long things are kept.</summary>
    public RetentionSettings Retention { get; set; } = new();

    /// <summary>The enforcement feed.</summary>
    public FeedSettings Feed { get; set; } = new();

    /// <summary>The host's limits (B1).</summary>
    public HostLimits Limits { get; set; } = new();

    /// <summary>The cluster that this host is a silo of, when the engine is `orleans`.</summary>
    public ClusterSettings Cluster { get; set; } = new();

    /// <summary>How requests that a proxy asks about become calls.</summary>
    public ExtAuthzSettings ExtAuthz { get; set; } = new();

    /// <summary>The status lists of credentials.</summary>
    public StatusListSettings StatusLists { get; set; } = new();

    /// <summary>The authorization server.</summary>
    public OAuthSettings OAuth { get; set; } = new();

    /// <summary>Where the host connects to by itself.</summary>
    public OutboundSettings Outbound { get; set; } = new();

    internal bool IsCluster => string.Equals(Engine, "orleans", StringComparison.OrdinalIgnoreCase);

    /// <summary>The server's certificate: a PEM pair, or a PKCS #12 file.</summary>
    public sealed class TlsSettings
    {
        /// <summary>PEM file with the certificate and its chain.</summary>
        public string? CertificatePath { get; set; }

        /// <summary>PEM file with the private key.</summary>
        public string? KeyPath { get; set; }

        /// <summary>PKCS #12 file.</summary>
        public string? PfxPath { get; set; }

        /// <summary>The PKCS #12 file's password.</summary>
        public string? PfxPassword { get; set; }

        internal bool IsSet => CertificatePath is not null || KeyPath is not null || PfxPath is not null;
    }

    /// <summary>The journal.</summary>
    public sealed class JournalSettings
    {
        /// <summary>`refuse` (default), or `truncate`: at a damaged journal start with what stands before the damage; the damaged file is kept aside.</summary>
        public string OnDamage { get; set; } = "refuse";
    }

    /// <summary>How long things are kept.</summary>
    public sealed class RetentionSettings
    {
        /// <summary>Days that audit records are kept. 1 to 3,660.</summary>
        public int AuditDays { get; set; } = 400;

        /// <summary>Minutes that an ended session is still answered for. 0 to 1,440.</summary>
        public int EndedSessionMinutes { get; set; } = 10;
    }

    /// <summary>The enforcement feed.</summary>
    public sealed class FeedSettings
    {
        /// <summary>How old an enforcement point's lease may be for calls of class read. 100 to 5,000.</summary>
        public int ReadBoundMs { get; set; } = 5_000;

        /// <summary>The same for calls of class write. 100 to 1,000.</summary>
        public int WriteBoundMs { get; set; } = 1_000;

        /// <summary>Newest records that are kept for enforcement points that come back. 1,000 to 10,000,000.</summary>
        public int RetentionRecords { get; set; } = 1_000_000;
    }

    /// <summary>The cluster that this host is a silo of.</summary>
    public sealed class ClusterSettings
    {
        /// <summary>The PostgreSQL database that all silos share, as Npgsql takes it.</summary>
        public string? ConnectionString { get; set; }

        /// <summary>The cluster's name: silos of one name form one cluster.</summary>
        public string ClusterId { get; set; } = "fabric";

        /// <summary>The address that other silos reach this one at. Left out: loopback, for silos of one machine.</summary>
        public string? Address { get; set; }

        /// <summary>The port for other silos. 1 to 65,535.</summary>
        public int SiloPort { get; set; } = 11_111;

        /// <summary>The port for clients of the cluster. 1 to 65,535.</summary>
        public int GatewayPort { get; set; } = 30_000;
    }

    /// <summary>The host's limits (B1).</summary>
    public sealed class HostLimits
    {
        /// <summary>Connections at once. Default 20,000.</summary>
        public int ConnectionsMax { get; set; } = 20_000;

        /// <summary>Seconds that requests under way have to end at a stop. Default 10.</summary>
        public int StopSeconds { get; set; } = 10;
    }
}

/// <summary>Reads and checks <see cref="SiloOptions"/>; every fault names the setting and says what to do.</summary>
internal static class SiloOptionsReader
{
    /// <summary>The settings, and what is wrong with them (none: they hold). A key under `Fabric` that no setting has is a fault.</summary>
    public static (SiloOptions Options, IReadOnlyList<string> Faults) Read(IConfiguration configuration)
    {
        var section = configuration.GetSection(SiloOptions.Section);
        var faults = new List<string>();
        FindUnknown(section, typeof(SiloOptions), faults);
        var options = new SiloOptions();
        try
        {
            section.Bind(options);
        }
        catch (InvalidOperationException fault)
        {
            faults.Add($"a setting has a value of the wrong type: {fault.Message}");
            return (options, faults);
        }
        Check(options, faults);
        return (options, faults);
    }

    private static void FindUnknown(IConfigurationSection section, Type type, List<string> faults)
    {
        foreach (var child in section.GetChildren())
        {
            var property = type.GetProperty(child.Key, BindingFlags.Public | BindingFlags.Instance | BindingFlags.IgnoreCase);
            if (property is null)
            {
                var known = string.Join(", ", type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Select(each => each.Name));
                faults.Add($"`{child.Path}`: there is no such setting; known here: {known}");
            }
            else if (IsSettings(property.PropertyType))
            {
                FindUnknown(child, property.PropertyType, faults);
            }
            else if (property.PropertyType is { IsGenericType: true } list && IsSettings(list.GetGenericArguments()[0]))
            {
                foreach (var item in child.GetChildren())
                {
                    FindUnknown(item, list.GetGenericArguments()[0], faults);
                }
            }
        }
    }

    private static bool IsSettings(Type type) => type.IsClass && type.Assembly == typeof(SiloOptions).Assembly;

    private static void Check(SiloOptions options, List<string> faults)
    {
        CheckEngine(options, Need);
        Need(!string.IsNullOrWhiteSpace(options.DataFolder), "DataFolder", "name a folder");
        Need(IsIssuer(options.Issuer), "Issuer", "an absolute http(s) URL of at most 120 characters without a slash at its end, e.g. `https://fabric.example`");
        Need(options.DefaultAudience.Length is >= 1 and <= 256, "DefaultAudience", "1 to 256 characters");
        Need(options.Retention.AuditDays is >= 1 and <= 3_660, "Retention:AuditDays", "1 to 3,660");
        Need(options.Retention.EndedSessionMinutes is >= 0 and <= 1_440, "Retention:EndedSessionMinutes", "0 to 1,440");
        Need(options.Feed.ReadBoundMs is >= 100 and <= 5_000, "Feed:ReadBoundMs", "100 to 5,000");
        Need(options.Feed.WriteBoundMs >= 100 && options.Feed.WriteBoundMs <= Math.Min(1_000, options.Feed.ReadBoundMs), "Feed:WriteBoundMs", "100 to 1,000, and at most `Feed:ReadBoundMs`");
        Need(options.Feed.RetentionRecords is >= 1_000 and <= 10_000_000, "Feed:RetentionRecords", "1,000 to 10,000,000");
        Need(options.LogFormat is "text" or "json", "LogFormat", "`text` or `json`");
        Need(options.Journal.OnDamage is "refuse" or "truncate", "Journal:OnDamage", "`refuse` or `truncate`");
        Need(options.Limits.ConnectionsMax is >= 1 and <= 1_000_000, "Limits:ConnectionsMax", "1 to 1,000,000");
        Need(options.Limits.StopSeconds is >= 0 and <= 600, "Limits:StopSeconds", "0 to 600");
        Need(options.MasterKey is null || IsMasterKey(options.MasterKey), "MasterKey", "32 bytes in base64");
        CheckTls(options.Tls, Need);
        CheckUrls(options, Need);
        options.OAuth.Check((holds, key, rule) => Need(holds, $"OAuth:{key}", rule));
        options.Outbound.Check((holds, key, rule) => Need(holds, $"Outbound:{key}", rule));
        options.StatusLists.Check((holds, key, rule) => Need(holds, $"StatusLists:{key}", rule));
        ExtAuthzRules.Check(options.ExtAuthz, (holds, key, rule) => Need(holds, $"ExtAuthz:{key}", rule));

        void Need(bool holds, string key, string rule)
        {
            if (!holds)
            {
                faults.Add($"`{SiloOptions.Section}:{key}`: {rule}");
            }
        }
    }

    private static void CheckEngine(SiloOptions options, Action<bool, string, string> need)
    {
        need(options.IsCluster || options.Engine == "embedded", "Engine", "the engines are: `embedded`, `orleans`");
        if (!options.IsCluster)
        {
            return;
        }

#if FABRIC_ORLEANS
        need(!string.IsNullOrWhiteSpace(options.Cluster.ConnectionString), "Cluster:ConnectionString", "name the PostgreSQL database");
        need(options.MasterKey is not null, "MasterKey", "silos of a cluster share one master key: 32 bytes in base64");
#else
        need(false, "Engine", "this program was built without the cluster engine (`FabricEngine=Orleans`)");
#endif
        need(options.Cluster.ClusterId.Length is >= 1 and <= 100, "Cluster:ClusterId", "1 to 100 characters");
        need(options.Cluster.Address is null || System.Net.IPAddress.TryParse(options.Cluster.Address, out _), "Cluster:Address", "an IP address");
        need(options.Cluster.SiloPort is >= 1 and <= 65_535, "Cluster:SiloPort", "1 to 65,535");
        need(options.Cluster.GatewayPort is >= 1 and <= 65_535 && options.Cluster.GatewayPort != options.Cluster.SiloPort, "Cluster:GatewayPort", "1 to 65,535, and not the silo's port");
    }

    private static void CheckTls(SiloOptions.TlsSettings tls, Action<bool, string, string> need)
    {
        need(tls.PfxPath is null || (tls.CertificatePath is null && tls.KeyPath is null), "Tls", "either `CertificatePath` with `KeyPath`, or `PfxPath`");
        need(tls.CertificatePath is null == tls.KeyPath is null, "Tls", "`CertificatePath` and `KeyPath` go together");
        foreach (var (name, path) in new[] { ("CertificatePath", tls.CertificatePath), ("KeyPath", tls.KeyPath), ("PfxPath", tls.PfxPath) })
        {
            need(path is null || File.Exists(path), $"Tls:{name}", "there is no such file");
        }
    }

    private static void CheckUrls(SiloOptions options, Action<bool, string, string> need)
    {
        var urls = options.Urls.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        need(urls.Length > 0, "Urls", "name at least one address, e.g. `http://127.0.0.1:5080`");
        var anyTls = false;
        foreach (var url in urls)
        {
            var isAddress = TryParse(url, out var address);
            need(isAddress, "Urls", $"`{url}` is not an address such as `http://127.0.0.1:5080`");
            anyTls |= isAddress && address!.Scheme == "https";
        }
        need(!anyTls || options.Tls.IsSet, "Tls", "an `https` address needs a certificate");
        need(anyTls || !options.Tls.IsSet, "Urls", "a certificate is set, and no address is `https`");
    }

    private static bool TryParse(string url, out BindingAddress? address)
    {
        try
        {
            address = BindingAddress.Parse(url);
            return address.Scheme is "http" or "https" && address.PathBase.Length == 0;
        }
        catch (FormatException)
        {
            address = null;
            return false;
        }
    }

    private static bool IsIssuer(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url) && (url.Scheme is "http" or "https") && text.Length <= 120 && !text.EndsWith('/');

    private static bool IsMasterKey(string text)
    {
        Span<byte> bytes = stackalloc byte[33];
        return Convert.TryFromBase64String(text, bytes, out var length) && length == 32;
    }
}
