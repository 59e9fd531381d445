using System.CommandLine;
using System.CommandLine.Parsing;
using Fabric.Client.Http;
using Fabric.Contracts;
using Fabric.Contracts.Common;
using Fabric.Contracts.Keys;
using Fabric.Core.Common;
using Fabric.Embedded.Storage;
using Fabric.Engine;
using Fabric.Silo.Hosting;

namespace Fabric.Silo.Verbs;

/// <summary>
/// `keys make|list|revoke`: API keys, in a running fabric over HTTP (`--url`) or in the data folder of one that does not run. A key is never taken
/// from the command line, where every process could read it.
/// </summary>
internal static class KeysVerb
{
    /// <summary>The environment variable with the key to authenticate with.</summary>
    public const string KeyVariable = "FABRIC_KEY";

    private static readonly Option<Uri?> Url = new("--url")
    {
        Description = $"A running fabric, e.g. http://127.0.0.1:5080; the operator's key is in {KeyVariable} or --key-file.",
        CustomParser = ReadUrl,
    };
    private static readonly Option<FileInfo?> KeyFile = new("--key-file") { Description = "A file with the operator's key." };
    private static readonly Option<string> RoleName = new("--role") { Description = "operator, tenant_admin, approver, enforcement_point, auditor or provisioner.", Required = true };
    private static readonly Option<string> Subject = new("--subject") { Description = "Who holds the key.", Required = true };
    private static readonly Option<string?> Tenant = new("--tenant") { Description = "The tenant that the key is bound to." };
    private static readonly Option<int?> Days = new("--days") { Description = "Days until the key ends; never when left out." };
    private static readonly Option<int?> BestEffort = new("--best-effort-seconds") { Description = "How old a lease of its enforcement points may be for reads, where they opt in; 1 to 3,600." };
    private static readonly Argument<string> Id = new("id") { Description = "The key's id." };

    public static Command Make()
    {
        var verb = new Command("keys", "Make, list and revoke API keys.");
        verb.Subcommands.Add(Sub("make", "Make a key; its secret is printed this once.", MakeAsync, RoleName, Subject, Tenant, Days, BestEffort));
        verb.Subcommands.Add(Sub("list", "List the keys.", ListAsync));
        var revoke = Sub("revoke", "Revoke a key at once.", RevokeAsync);
        revoke.Arguments.Add(Id);
        verb.Subcommands.Add(revoke);
        return verb;
    }

    private static Uri? ReadUrl(ArgumentResult result)
    {
        if (Uri.TryCreate(result.Tokens[0].Value, UriKind.Absolute, out var url) && url.Scheme is "http" or "https")
        {
            return url;
        }
        result.AddError($"`{result.Tokens[0].Value}` is not an address such as `http://127.0.0.1:5080`");
        return null;
    }

    private static Command Sub(string name, string description, Func<IFabric, ParseResult, CancellationToken, Task<Rejection?>> act, params Option[] options)
    {
        var sub = new Command(name, description);
        Settings.AddTo(sub);
        foreach (var option in (Option[])[Url, KeyFile, .. options])
        {
            sub.Options.Add(option);
        }
        sub.SetAction((parsed, cancellation) => RunAsync(parsed, act, cancellation));
        return sub;
    }

    private static async Task<int> RunAsync(
        ParseResult parsed, Func<IFabric, ParseResult, CancellationToken, Task<Rejection?>> act, CancellationToken cancellation)
    {
        Rejection? refused;
        if (parsed.GetValue(Url) is { } url)
        {
            if (await ReadKeyAsync(parsed, cancellation) is not { Length: > 0 } key)
            {
                return Complaint.Say(parsed, $"--url needs the operator's key, in the environment variable {KeyVariable} or in --key-file", ExitCodes.BadConfiguration);
            }
            using var client = new FabricHttpClient(url, key);
            refused = await act(client, parsed, cancellation);
        }
        else
        {
            if (Settings.Read(parsed) is not { } options)
            {
                return ExitCodes.BadConfiguration;
            }
            if (options.IsCluster)
            {
                return Complaint.Say(parsed, "a cluster has no data folder: ask a running silo with --url", ExitCodes.BadConfiguration);
            }
            try
            {
                using var logs = SiloLogging.Make(options, LogLevel.Warning);
                await using var engine = EngineStart.Open(options, logs);
                refused = await act(engine.As(new Caller(Role.Operator, null, "command-line")), parsed, cancellation);
            }
            catch (FabricStartException fault)
            {
                var hint = fault.Code == StartCodes.FolderInUse ? "; ask the running fabric with --url" : "";
                return Complaint.Say(parsed, $"{fault.Code}: {fault.Message}{hint}");
            }
        }
        return refused is null ? ExitCodes.Ok : Complaint.Say(parsed, refused.ToString());
    }

    private static async Task<string?> ReadKeyAsync(ParseResult parsed, CancellationToken cancellation) =>
        parsed.GetValue(KeyFile) is { } file
            ? (file.Exists ? (await File.ReadAllTextAsync(file.FullName, cancellation)).Trim() : null)
            : Environment.GetEnvironmentVariable(KeyVariable)?.Trim();

    private static async Task<Rejection?> MakeAsync(IFabric fabric, ParseResult parsed, CancellationToken cancellation)
    {
        DateTimeOffset? end = parsed.GetValue(Days) is { } days ? TimeProvider.System.GetUtcNow().AddDays(days) : null;
        var command = new MakeApiKey(parsed.GetValue(RoleName)!, parsed.GetValue(Subject)!, parsed.GetValue(Tenant), end, parsed.GetValue(BestEffort));
        var made = await fabric.MakeApiKeyAsync(command, cancellation);
        if (made.IsOk)
        {
            parsed.InvocationConfiguration.Output.WriteLine(made.Value.Secret);
        }
        return made.Rejection;
    }

    private static async Task<Rejection?> ListAsync(IFabric fabric, ParseResult parsed, CancellationToken cancellation)
    {
        var output = parsed.InvocationConfiguration.Output;
        output.WriteLine($"{"id",-20} {"role",-18} {"tenant",-20} {"subject",-24} state");
        string? cursor = null;
        do
        {
            var page = await fabric.ListApiKeysAsync(new PageQuery(cursor, 1_000), cancellation);
            if (!page.IsOk)
            {
                return page.Rejection;
            }
            foreach (var key in page.Value.Items)
            {
                output.WriteLine($"{key.Id,-20} {key.Role,-18} {key.Tenant ?? "-",-20} {key.Subject,-24} {StateOf(key)}");
            }
            cursor = page.Value.Next;
        }
        while (cursor is not null);
        return null;
    }

    private static async Task<Rejection?> RevokeAsync(IFabric fabric, ParseResult parsed, CancellationToken cancellation)
    {
        var revoked = await fabric.RevokeApiKeyAsync(parsed.GetValue(Id)!, cancellation);
        if (revoked.IsOk)
        {
            parsed.InvocationConfiguration.Output.WriteLine($"revoked {revoked.Value.Id}");
        }
        return revoked.Rejection;
    }

    private static string StateOf(ApiKeyInfo key) =>
        key.RevokedAt is { } revoked ? $"revoked {revoked:yyyy-MM-dd HH:mm:ss}Z"
        : key.ExpiresAt is not { } end ? "in force"
        : end <= TimeProvider.System.GetUtcNow() ? "expired" : $"until {end:yyyy-MM-dd HH:mm:ss}Z";
}
