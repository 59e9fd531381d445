using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Fabric.Client.Http;

namespace Fabric.Faults.Tests;

/// <summary>The host as operators run it: a process of its own over a data folder, killed as a crash kills it.</summary>
internal sealed class HostProcess : IAsyncDisposable
{
    private static readonly Lock Log = new();

    private readonly string _folder;
    private readonly int _port;
    private Process _process;

    private HostProcess(string folder, int port, Process process) => (_folder, _port, _process) = (folder, port, process);

    public Uri Address => new($"http://127.0.0.1:{_port}");

    public int ProcessId => _process.Id;

    public static async Task<HostProcess> StartAsync(string folder)
    {
        Directory.CreateDirectory(folder);
        var port = FreePort();
        var host = new HostProcess(folder, port, Launch(folder, port));
        await host.ReadyAsync();
        return host;
    }

    public FabricHttpClient Operator() => new(Address, File.ReadAllText(KeyFile(_folder)).Trim());

    public FabricHttpClient Client(string secret) => new(Address, secret);

    /// <summary>kill -9: nothing is flushed, nothing said goodbye to.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    public async Task RestartAsync()
    {
        _process.Dispose();
        _process = Launch(_folder, _port);
        await ReadyAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            await KillAsync();
        }

        _process.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static Process Launch(string folder, int port)
    {
        var start = new ProcessStartInfo("dotnet") { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in (string[])[Path.Combine(AppContext.BaseDirectory, "Fabric.Silo.dll"), "serve", "--operator-key-file", KeyFile(folder)])
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment["Fabric__DataFolder"] = Path.Combine(folder, "data");
        start.Environment["Fabric__Urls"] = $"http://127.0.0.1:{port}";
        var process = Process.Start(start)!;
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, line) => Errors(folder, line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }

    private static void Errors(string folder, string? line)
    {
        if (line is not null)
        {
            lock (Log)
            {
                File.AppendAllText(Path.Combine(folder, "host.log"), line + "\n");
            }
        }
    }

    private static string KeyFile(string folder) => Path.Combine(folder, "operator.key");

    // The port answers when the host is up: connecting is retried until then, or until the process has ended.
    private async Task ReadyAsync()
    {
        using var http = new HttpClient(new SocketsHttpHandler { ConnectTimeout = TimeSpan.FromSeconds(1) });
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (await timer.WaitForNextTickAsync(limit.Token))
        {
            if (_process.HasExited)
            {
                throw new InvalidOperationException($"the host ended with {_process.ExitCode}");
            }

            try
            {
                if ((await http.GetAsync(new Uri(Address, "/readyz"), limit.Token)).StatusCode == HttpStatusCode.OK)
                {
                    return;
                }
            }
            catch (HttpRequestException)
            {
                // Not listening yet.
            }
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
