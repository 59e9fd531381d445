using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Fabric.Silo.Cluster;

/// <summary>A silo in a process of its own: this program with `serve`.</summary>
internal sealed class SiloChild : IDemoSilo
{
    private static readonly TimeSpan ReadyPatience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan PollEvery = TimeSpan.FromMilliseconds(25);

    private readonly Process _process;
    private string _lastError = "";

    private SiloChild(Process process, Uri address)
    {
        (_process, Address) = (process, address);
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, line) => _lastError = line.Data ?? _lastError;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public Uri Address { get; }

    public TimeSpan ReadyAfter { get; private set; }

    public string End => "kill -9";

    /// <summary>Starts one and waits until it serves. Throws <see cref="InvalidOperationException"/> with what it said when it ends instead.</summary>
    public static async Task<SiloChild> StartAsync(string database, string masterKey, string keyFile, CancellationToken cancellation)
    {
        var address = new Uri($"http://127.0.0.1:{FreePort()}");
        var program = Environment.ProcessPath!;
        var start = new ProcessStartInfo(program) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        if (Path.GetFileNameWithoutExtension(program) == "dotnet")
        {
            start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "Fabric.Silo.dll"));
        }

        foreach (var argument in (string[])["serve", "--operator-key-file", keyFile])
        {
            start.ArgumentList.Add(argument);
        }

        foreach (var (name, value) in new[]
        {
            ("Engine", "orleans"), ("MasterKey", masterKey), ("Urls", address.ToString()), ("Cluster__ConnectionString", database),
            ("Cluster__SiloPort", $"{FreePort()}"), ("Cluster__GatewayPort", $"{FreePort()}"),
        })
        {
            start.Environment[$"Fabric__{name}"] = value;
        }

        var silo = new SiloChild(Process.Start(start)!, address);
        try
        {
            await silo.ReadyAsync(cancellation);
            return silo;
        }
        catch
        {
            await silo.DisposeAsync();
            throw;
        }
    }

    /// <summary>kill -9.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            await KillAsync();
        }

        _process.Dispose();
    }

    private async Task ReadyAsync(CancellationToken cancellation)
    {
        var started = Stopwatch.GetTimestamp();
        using var http = new HttpClient();
        while (Stopwatch.GetElapsedTime(started) < ReadyPatience)
        {
            if (_process.HasExited)
            {
                throw new InvalidOperationException($"a silo ended with {_process.ExitCode}: {_lastError}");
            }

            try
            {
                if ((await http.GetAsync(new Uri(Address, "/readyz"), cancellation)).StatusCode == HttpStatusCode.OK)
                {
                    ReadyAfter = Stopwatch.GetElapsedTime(started);
                    return;
                }
            }
            catch (HttpRequestException)
            {
                // Not listening yet.
            }

            await Task.Delay(PollEvery, cancellation);
        }

        throw new InvalidOperationException($"a silo was not ready within {ReadyPatience.TotalSeconds} s: {_lastError}");
    }

    internal static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
