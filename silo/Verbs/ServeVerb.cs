using System.CommandLine;
using Fabric.Embedded.Storage;
using Fabric.Silo.Hosting;

namespace Fabric.Silo.Verbs;

/// <summary>`serve`: runs the fabric until it is told to stop.</summary>
internal static class ServeVerb
{
    private static readonly Option<FileInfo?> OperatorKeyFile = new("--operator-key-file")
    {
        Description = "Write the operator key of the first start to this file (mode 0600) instead of the standard output.",
    };

    public static Command Make()
    {
        var verb = new Command("serve", "Run the fabric (the default).");
        Extend(verb);
        return verb;
    }

    /// <summary>Gives a command the options and the action of `serve`.</summary>
    public static void Extend(Command command)
    {
        Settings.AddTo(command);
        command.Options.Add(OperatorKeyFile);
        command.SetAction((parsed, cancellation) => RunAsync(parsed, cancellation));
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        if (Settings.Read(parsed) is not { } options)
        {
            return ExitCodes.BadConfiguration;
        }
        using var logs = SiloLogging.Make(options);
        try
        {
            // The engine goes last: what was acknowledged is on disk, and leases are handed back, before the folder is let go.
            await using var engine = await EngineStart.OpenAsync(options, logs, cancellation);
            await using (await EngineStart.TakeTurnAsync(engine, cancellation))
            {
                await OperatorKey.EnsureAsync(engine, parsed.GetValue(OperatorKeyFile), parsed.InvocationConfiguration.Output, cancellation);
            }

            await using var app = SiloHost.Build(options, engine, logs);
            await using var ending = engine.Ended.Register(() => Environment.Exit(ExitCodes.StartAgain));
            await app.RunAsync(cancellation);
            return ExitCodes.Ok;
        }
        catch (FabricStartException fault)
        {
            return Complaint.Say(parsed, $"{fault.Code}: {fault.Message}");
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            // An address in use, a key file that exists, a folder that cannot be written.
            return Complaint.Say(parsed, fault.Message);
        }
    }
}
