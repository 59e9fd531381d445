using System.Diagnostics;
using System.Net;
using Fabric.Client.Http;

namespace Fabric.Cluster.Tests.Processes;

/// <summary>A silo as operators run it: a process of its own, stopped, killed and started as they come.</summary>
internal sealed class SiloProcess : IAsyncDisposable
{
    private readonly string _database;
    private readonly string _keyFile;
    private readonly SiloPlace _place;
    private readonly int _siloPort = ClusterFixture.FreePort();
    private readonly int _gatewayPort = ClusterFixture.FreePort();
    private readonly int _httpPort = ClusterFixture.FreePort();
    private readonly List<string> _log = [];
    private Process _process;

    private SiloProcess(string database, string keyFile, SiloPlace place)
    {
        (_database, _keyFile, _place) = (database, keyFile, place);
        _process = Launch();
    }

    internal Uri Address => new($"http://{_place.Address}:{_httpPort}");

    /// <summary>Where clients of Orleans reach it.</summary>
    internal IPEndPoint Gateway => new(_place.Address, _gatewayPort);

    /// <summary>How the cluster names it.</summary>
    internal string Name => $"{_place.Address}:{_siloPort}";

    internal SiloPlace Place => _place;

    internal bool HasExited => _process.HasExited;

    internal int ExitCode => _process.ExitCode;

    /// <summary>What it said on the standard error.</summary>
    internal string Log
    {
        get
        {
            lock (_log)
            {
                return string.Join('\n', _log);
            }
        }
    }

    internal static async Task<SiloProcess> StartAsync(string database, string keyFile, SiloPlace? place = null)
    {
        var silo = new SiloProcess(database, keyFile, place ?? SiloPlace.Loopback);
        await silo.ReadyAsync();
        return silo;
    }

    internal FabricHttpClient Client(string secret) => new(Address, secret);

    /// <summary>kill -9: nothing is flushed, nothing said goodbye to.</summary>
    internal async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    /// <summary>SIGTERM, as a rolling restart does it; answers the exit code.</summary>
    internal async Task<int> StopAsync()
    {
        await SignalAsync("TERM");
        await _process.WaitForExitAsync();
        return _process.ExitCode;
    }

    internal async Task SignalAsync(string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", $"{_process.Id}"]);
        await kill.WaitForExitAsync();
        Assert.Equal(0, kill.ExitCode);
    }

    internal async Task RestartAsync()
    {
        _process.Dispose();
        _process = Launch();
        await ReadyAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            await KillAsync();
        }

        _process.Dispose();
    }

    private Process Launch()
    {
        // `ip` becomes the silo: the process is the same.
        string[] program = [.. _place.Namespace is { } space ? (string[])["ip", "netns", "exec", space, "dotnet"] : ["dotnet"],
            Path.Combine(AppContext.BaseDirectory, "Fabric.Silo.dll"), "serve", "--operator-key-file", _keyFile];
        var start = new ProcessStartInfo(program[0], program[1..]) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };

        start.Environment["Fabric__Engine"] = "Orleans";
        start.Environment["Fabric__MasterKey"] = Convert.ToBase64String(ClusterFixture.MasterKey.Span);
        start.Environment["Fabric__Cluster__ConnectionString"] = _database;
        start.Environment["Fabric__Cluster__Address"] = $"{_place.Address}";
        start.Environment["Fabric__Cluster__SiloPort"] = $"{_siloPort}";
        start.Environment["Fabric__Cluster__GatewayPort"] = $"{_gatewayPort}";
        start.Environment["Fabric__Urls"] = Address.ToString();
        var process = Process.Start(start)!;
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, line) => Note(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }

    private void Note(string? line)
    {
        if (line is not null)
        {
            lock (_log)
            {
                _log.Add(line);
            }
        }
    }

    // The port answers when the host is up: connecting is retried until then, or until the process has ended.
    private async Task ReadyAsync()
    {
        if (!await AnswersOrEndsAsync("/readyz"))
        {
            throw new InvalidOperationException($"the silo ended with {_process.ExitCode}: {Log}");
        }
    }

    /// <summary>Completes once it has ended.</summary>
    internal async Task EndedAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        await _process.WaitForExitAsync(limit.Token);
    }

    /// <summary>Completes once it holds a lease and all of its parts are well; with false once it has ended, as one does that the cluster has given up.</summary>
    internal Task<bool> ServesOrEndsAsync() => AnswersOrEndsAsync("/healthz");

    private async Task<bool> AnswersOrEndsAsync(string path)
    {
        using var http = new HttpClient(new SocketsHttpHandler { ConnectTimeout = TimeSpan.FromSeconds(1) });
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (!_process.HasExited)
        {
            try
            {
                if ((await http.GetAsync(new Uri(Address, path), limit.Token)).StatusCode == HttpStatusCode.OK)
                {
                    return true;
                }
            }
            catch (HttpRequestException)
            {
                // Not listening yet.
            }

            await timer.WaitForNextTickAsync(limit.Token);
        }

        return false;
    }
}
