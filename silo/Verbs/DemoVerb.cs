using System.CommandLine;
using System.Diagnostics;
using Fabric.Client;
using Fabric.Contracts.Keys;
using Fabric.Engine;
using Fabric.Silo.Demo;
using Fabric.Silo.Hosting;

namespace Fabric.Silo.Verbs;

/// <summary>`demo`: the main job from end to end, in one process on a folder that is gone afterwards, over real HTTP and a real enforcement point.</summary>
internal static partial class DemoVerb
{
    public static Command Make()
    {
        var verb = new Command("demo", "Watch the main job from end to end: approve, issue, check, delegate, revoke. Takes some seconds and leaves nothing behind.");
        verb.SetAction((parsed, cancellation) => RunAsync(parsed.InvocationConfiguration.Output, PlayAsync, cancellation));
        AddCluster(verb);
        return verb;
    }

    // What the build with the cluster engine has more.
    static partial void AddCluster(Command verb);

    private static async Task<int> RunAsync(
        TextWriter output, Func<string, Narrator, CancellationToken, Task> play, CancellationToken cancellation)
    {
        var tell = new Narrator(output);
        var start = Stopwatch.GetTimestamp();
        var folder = Directory.CreateTempSubdirectory("fabric-demo-");
        try
        {
            await play(folder.FullName, tell, cancellation);
            tell.Title($"\nEverything went as it should: {tell.Passed} statements checked in {Stopwatch.GetElapsedTime(start).TotalSeconds:N1} s.");
            return ExitCodes.Ok;
        }
        catch (StoryFailedException)
        {
            return ExitCodes.Failed;
        }
        catch (Exception fault) when (fault is FabricException or OperationCanceledException or TimeoutException or InvalidOperationException)
        {
            tell.Fail(fault.Message);
            return ExitCodes.Failed;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task PlayAsync(string folder, Narrator tell, CancellationToken cancellation)
    {
        var options = new SiloOptions { DataFolder = folder, Urls = "http://127.0.0.1:0" };
        using var logs = SiloLogging.Make(options, LogLevel.Error);
        await using var engine = EngineStart.Open(options, logs);
        await using var app = SiloHost.Build(options, engine, logs);
        await app.StartAsync(cancellation);
        var address = new Uri(app.Urls.First());
        tell.Title($"Fabric, from end to end. One process, data in {folder}, HTTP at {address}");
        var key = await engine.As(Caller.Fabric).MakeApiKeyAsync(new MakeApiKey(Caller.NameOf(Role.Operator), "demo"), cancellation).OrThrow();
        await using (var cast = await Cast.AssembleAsync(address, key.Secret, cancellation))
        {
            await new Story(cast, tell, cancellation).TellAsync();
        }
        await app.StopAsync(cancellation);
    }
}
