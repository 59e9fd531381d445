using System.Collections.ObjectModel;
using System.Diagnostics;
using System.Net;
using Fabric.Client.Http;
using Fabric.LoadTests.Measure;

namespace Fabric.LoadTests.Processes;

/// <summary>The host in a process of its own, on a free loopback port, over a data folder.</summary>
internal sealed class SiloProcess : IServedFabric
{
    /// <summary>The data folder's name in a run's folder.</summary>
    public const string DataName = "data";

    /// <summary>The name of the operator key's file in a run's folder.</summary>
    public const string KeyName = "operator.key";

    /// <summary>The name of the enforcement point key's file in a run's folder.</summary>
    public const string EdgeKeyName = "edge.key";

    /// <summary>The variable that names the folder of a published host, to measure what an operator runs; unset: the one that was built with the load tests.</summary>
    public const string HostVariable = "FABRIC_HOST_FOLDER";

    private static readonly TimeSpan StartMax = TimeSpan.FromSeconds(120);

    private readonly Process _process;
    private readonly StreamWriter _output;

    private SiloProcess(Process process, StreamWriter output, Uri address, string dataFolder, string keyFile, long startedNs)
    {
        (_process, _output, Address, DataFolder, KeyFile, StartedNs) = (process, output, address, dataFolder, keyFile, startedNs);
    }

    /// <summary>The folder of the published host that is started; null: the built one.</summary>
    public static string? HostFolder => Environment.GetEnvironmentVariable(HostVariable) is { Length: > 0 } folder ? folder : null;

    /// <summary>Its process.</summary>
    public int ProcessId => _process.Id;

    /// <summary>Where it listens.</summary>
    public Uri Address { get; }

    /// <summary>Where it keeps everything.</summary>
    public string DataFolder { get; }

    /// <summary>When the process was started, on <see cref="Clock"/>.</summary>
    public long StartedNs { get; }

    /// <summary>When it answered that it is ready, on <see cref="Clock"/>.</summary>
    public long ReadyNs { get; private set; }

    /// <summary>The process's memory, in bytes.</summary>
    public long ResidentBytes
    {
        get
        {
            _process.Refresh();
            return _process.WorkingSet64;
        }
    }

    /// <summary>The operator's key, from the file that the first start (or the setup) makes.</summary>
    public string OperatorKey => File.ReadAllText(KeyFile).Trim();

    /// <summary>An enforcement point's key, from the file that the setup makes.</summary>
    public string EdgeKey => File.ReadAllText(Path.Combine(Path.GetDirectoryName(KeyFile)!, EdgeKeyName)).Trim();

    private string KeyFile { get; }

    /// <summary>Starts the host and waits until it is ready. <paramref name="settings"/>: environment variables beside those of a host by itself.</summary>
    public static async Task<SiloProcess> StartAsync(
        string folder, CancellationToken cancellation, int? port = null, IReadOnlyDictionary<string, string>? settings = null)
    {
        var host = Path.Combine(HostFolder ?? AppContext.BaseDirectory, "Fabric.Silo.dll");
        if (!File.Exists(host))
        {
            throw new LoadException($"there is no host to start: {host}");
        }

        var address = new Uri($"http://127.0.0.1:{port ?? FreePort.Find()}");
        var data = Path.Combine(folder, DataName);
        var keyFile = Path.Combine(folder, KeyName);
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        foreach (var argument in (string[])[host, "serve", "--operator-key-file", keyFile])
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment["Fabric__DataFolder"] = data;
        start.Environment["Fabric__Urls"] = address.GetLeftPart(UriPartial.Authority);
        start.Environment["Logging__LogLevel__Default"] = "Warning";
        start.Environment["DOTNET_TieredPGO"] = "1";
        foreach (var (name, value) in settings ?? ReadOnlyDictionary<string, string>.Empty)
        {
            start.Environment[name] = value;
        }

        var output = new StreamWriter(Path.Combine(folder, "silo.log"), append: true) { AutoFlush = true };
        var startedNs = Clock.NowNs;
        var process = Process.Start(start) ?? throw new LoadException("the host could not be started");
        process.OutputDataReceived += (_, line) => Write(output, line.Data);
        process.ErrorDataReceived += (_, line) => Write(output, line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        var silo = new SiloProcess(process, output, address, data, keyFile, startedNs);
        await silo.WaitReadyAsync(Path.Combine(folder, "silo.log"), cancellation);
        return silo;
    }

    /// <inheritdoc/>
    public IReadOnlyList<Uri> Addresses => [Address];

    /// <inheritdoc/>
    /// <remarks>With the key from the file that the setup makes.</remarks>
    public Task<EdgeFleet> StartEdgesAsync(int count, CancellationToken cancellation) => EdgeProcess.StartFleetAsync(count, Address, EdgeKey, cancellation);

    /// <summary>A client with a secret; null: the operator's.</summary>
    public FabricHttpClient Client(string? secret = null) => new(Address, secret ?? OperatorKey);

    /// <summary>Sends a signal by its name.</summary>
    public Task SignalAsync(string signal) => Signals.SendAsync(_process, signal);

    /// <summary>Processor time that it has used.</summary>
    public TimeSpan ProcessorTime
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    /// <summary>Kills the process as kill -9 does.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            // SIGTERM first, so that the host stops as it would in production.
            await SignalAsync("TERM");
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(15));
            try
            {
                await _process.WaitForExitAsync(limit.Token);
            }
            catch (OperationCanceledException)
            {
                _process.Kill();
                await _process.WaitForExitAsync(CancellationToken.None);
            }
        }

        _process.Dispose();
        lock (_output)
        {
            _output.Dispose();
        }
    }

    private static void Write(StreamWriter output, string? line)
    {
        lock (output)
        {
            if (line is not null && output.BaseStream is { CanWrite: true })
            {
                output.WriteLine(line);
            }
        }
    }

    private async Task WaitReadyAsync(string log, CancellationToken cancellation)
    {
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(5) };
        var ready = new Uri(Address, "/readyz");
        while (Clock.Ms(StartedNs, Clock.NowNs) < StartMax.TotalMilliseconds)
        {
            cancellation.ThrowIfCancellationRequested();
            if (_process.HasExited)
            {
                throw new LoadException($"the host ended with code {_process.ExitCode}: {Tail(log)}");
            }

            try
            {
                using var answer = await http.GetAsync(ready, cancellation);
                if (answer.StatusCode == HttpStatusCode.OK)
                {
                    ReadyNs = Clock.NowNs;
                    return;
                }
            }
            catch (Exception fault) when (fault is HttpRequestException or TaskCanceledException)
            {
                // Not listening yet.
            }

            await Task.Delay(5, cancellation);
        }

        throw new LoadException($"the host was not ready within {StartMax.TotalSeconds} s: {Tail(log)}");
    }

    private string Tail(string log)
    {
        lock (_output)
        {
            _output.Flush();
        }

        using var reader = new StreamReader(new FileStream(log, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        return string.Join(" | ", reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries).TakeLast(8));
    }
}
