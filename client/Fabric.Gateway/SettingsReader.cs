using Fabric.Client.Mcp;
using Fabric.Core.Scopes;

namespace Fabric.Gateway;

/// <summary>Reads the settings and says what does not hold.</summary>
internal static class SettingsReader
{
    /// <summary>The settings. Throws <see cref="InvalidDataException"/> that names the first one which does not hold.</summary>
    public static GatewaySettings Read(string[] args)
    {
        var builder = new ConfigurationBuilder().SetBasePath(Directory.GetCurrentDirectory());
        var at = Array.IndexOf(args, "--config");
        if (at >= 0)
        {
            builder.AddJsonFile(at + 1 < args.Length ? Path.GetFullPath(args[at + 1]) : throw new InvalidDataException("`--config` needs a file"), optional: false);
            args = [.. args[..at], .. args[(at + 2)..]];
        }

        var settings = new GatewaySettings();
        builder.AddEnvironmentVariables().AddCommandLine(args).Build().GetSection(GatewaySettings.Section)
            .Bind(settings, options => options.ErrorOnUnknownConfiguration = true);
        Check(settings);
        return settings;
    }

    /// <summary>The guard's options.</summary>
    public static FabricMcpOptions OptionsOf(GatewaySettings settings)
    {
        var guard = settings.Guard;
        var options = new FabricMcpOptions
        {
            Resource = guard.Resource, Tool = guard.Tool, ResourceTemplate = guard.ResourceTemplate, GuardsResources = guard.GuardsResources, GuardsPrompts = guard.GuardsPrompts,
            MessageBytesMax = settings.Limits.MessageBytesMax,
        };
        Add(options.AuthorizationServers, guard.AuthorizationServers);
        Add(options.ScopesSupported, guard.ScopesSupported);
        Add(options.AllowedOrigins, guard.AllowedOrigins);
        foreach (var rule in guard.Tools)
        {
            options.Tools[rule.Name] = new McpToolRule(rule.Resource, ClassOf(rule.Class), rule.Action, rule.Tool);
        }

        options.Validate(isHttp: true, settings.Fabric.Tenant);
        return options;
    }

    /// <summary>The secret in a file.</summary>
    public static string SecretOf(string file)
    {
        var secret = File.ReadAllText(file).Trim();
        return secret.Length > 0 ? secret : throw new InvalidDataException($"`{file}` is empty");
    }

    private static void Check(GatewaySettings settings)
    {
        var limits = settings.Limits;
        Require(settings.Path.StartsWith('/') && settings.Path.Length > 1, "Path");
        Require(settings.Fabric.Address.Length > 0, "Fabric:Address");
        Require(File.Exists(settings.Fabric.SecretFile), "Fabric:SecretFile");
        Require((settings.Upstream.Command is null) != (settings.Upstream.Url is null), "Upstream");
        Require(settings.Upstream.Url is null || (Uri.TryCreate(settings.Upstream.Url, UriKind.Absolute, out var url) && url.Scheme is "http" or "https"), "Upstream:Url");
        Require(settings.Guard.Tool.Length > 0, "Guard:Tool");
        Require(settings.Guard.Tools.All(rule => rule.Name.Length > 0), "Guard:Tools");
        Require(limits.SessionsMax is >= 1 and <= 10_000, "Limits:SessionsMax");
        Require(limits.SessionsPerCallerMax is >= 1 and <= 10_000, "Limits:SessionsPerCallerMax");
        Require(limits.RequestsMax is >= 1 and <= 100_000, "Limits:RequestsMax");
        Require(limits.RequestsPerSessionMax is >= 1 and <= 10_000, "Limits:RequestsPerSessionMax");
        Require(limits.AnswerBytesMax is >= 1024 and <= 256 * 1024 * 1024, "Limits:AnswerBytesMax");
        Require(limits.IdleSeconds is >= 1 and <= 86_400, "Limits:IdleSeconds");
        _ = OptionsOf(settings);
    }

    private static ActionClass? ClassOf(string? name) => name switch
    {
        null => null,
        "read" => ActionClass.Read,
        "write" => ActionClass.Write,
        "destructive" => ActionClass.Destructive,
        _ => throw new InvalidDataException("a tool's `Class` is `read`, `write` or `destructive`"),
    };

    private static void Add(IList<string> to, IList<string> from)
    {
        foreach (var text in from)
        {
            to.Add(text);
        }
    }

    private static void Require(bool ok, string setting)
    {
        if (!ok)
        {
            throw new InvalidDataException($"the setting `{GatewaySettings.Section}:{setting}` is missing or out of its bounds");
        }
    }
}
