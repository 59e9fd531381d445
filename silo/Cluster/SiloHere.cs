using System.Diagnostics;
using Fabric.Grains;
using Fabric.Silo.Hosting;

namespace Fabric.Silo.Cluster;

/// <summary>A silo in this process, over memory that it shares with others here: HTTP, and Orleans' own calls, go over loopback sockets as between processes.</summary>
internal sealed class SiloHere : IDemoSilo
{
    private readonly ILoggerFactory _logs;
    private readonly WebApplication _app;
    private bool _ended;

    private SiloHere(ILoggerFactory logs, ClusterEngine engine, WebApplication app) => (_logs, Engine, _app) = (logs, engine, app);

    public Uri Address { get; private set; } = null!;

    public TimeSpan ReadyAfter { get; private set; }

    public string End => "its sockets were closed and its part of the process ended, without a goodbye";

    internal ClusterEngine Engine { get; }

    internal static async Task<SiloHere> StartAsync(ClusterMemory memory, string masterKey, CancellationToken cancellation)
    {
        var started = Stopwatch.GetTimestamp();
        var options = new SiloOptions { Engine = "orleans", Urls = "http://127.0.0.1:0", MasterKey = masterKey };
        (options.Cluster.SiloPort, options.Cluster.GatewayPort) = (SiloChild.FreePort(), SiloChild.FreePort());

        // Losing a silo is a part of the story: what the others say of it is for operators.
        var logs = SiloLogging.Make(options, LogLevel.Critical);
        var engine = await EngineStart.OpenInMemoryAsync(options, memory, logs, cancellation);
        var silo = new SiloHere(logs, engine, SiloHost.Build(options, engine, logs));
        try
        {
            await silo._app.StartAsync(cancellation);
            (silo.Address, silo.ReadyAfter) = (new Uri(silo._app.Urls.First()), Stopwatch.GetElapsedTime(started));
            return silo;
        }
        catch
        {
            await silo.DisposeAsync();
            throw;
        }
    }

    /// <summary>As near to a kill as it gets inside a process: connections are aborted, and nothing is handed back or written.</summary>
    public async Task KillAsync()
    {
        if (!_ended)
        {
            _ended = true;
            await _app.DisposeAsync();
            await Engine.CrashAsync();
            _logs.Dispose();
        }
    }

    public async ValueTask DisposeAsync() => await KillAsync();
}
