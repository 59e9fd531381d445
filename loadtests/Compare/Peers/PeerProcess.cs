using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Fabric.LoadTests.Compare.Pairs;
using Fabric.LoadTests.Measure;
using Fabric.LoadTests.Processes;

namespace Fabric.LoadTests.Compare.Peers;

/// <summary>A peer's server: a process on a free loopback port with a folder of its own, ended and deleted with its disposal.</summary>
internal sealed class PeerProcess : IAsyncDisposable
{
    private static readonly TimeSpan StartMax = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan StopMax = TimeSpan.FromSeconds(10);

    private readonly Process _process;
    private readonly TempFolder _folder;

    private PeerProcess(Process process, TempFolder folder, int port) => (_process, _folder, Port) = (process, folder, port);

    /// <summary>Where it listens.</summary>
    public int Port { get; }

    /// <summary>The same as an address.</summary>
    public Uri Address => new($"http://127.0.0.1:{Port}");

    /// <summary>Processor time that it and what it has started have used.</summary>
    public double CpuSeconds => ProcessTimes.TreeSeconds(_process.Id);

    /// <summary>Where a program stands on this machine's path; null: it is not installed.</summary>
    public static string? Find(string program) => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries)
        .Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists);

    /// <summary>
    /// Starts a program, which is told its port and its folder, and waits until it takes connections. Throws <see cref="LoadException"/> when it ends or does not.
    /// </summary>
    public static async Task<PeerProcess> StartAsync(string program, Func<int, string, IReadOnlyList<string>> arguments, CancellationToken cancellation)
    {
        var (folder, port) = (new TempFolder(keep: false), FreePort.Find());
        var start = new ProcessStartInfo(program, arguments(port, folder.Path))
        {
            UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = folder.Path,
        };
        start.Environment["NODE_ENV"] = "production";
        var process = Process.Start(start) ?? throw new LoadException($"{program} could not be started");
        var peer = new PeerProcess(process, folder, port);
        var said = "";
        process.OutputDataReceived += (_, line) => said = line.Data ?? said;
        process.ErrorDataReceived += (_, line) => said = line.Data ?? said;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        var begun = Clock.NowNs;
        while (!await peer.AnswersAsync(cancellation))
        {
            if (process.HasExited || Clock.Ms(begun, Clock.NowNs) > StartMax.TotalMilliseconds)
            {
                await peer.DisposeAsync();
                throw new LoadException($"{Path.GetFileName(program)} takes no connections: {said}");
            }

            await Task.Delay(20, cancellation);
        }

        return peer;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            await Signals.SendAsync(_process, "TERM");
            using var limit = new CancellationTokenSource(StopMax);
            try
            {
                await _process.WaitForExitAsync(limit.Token);
            }
            catch (OperationCanceledException)
            {
                _process.Kill(entireProcessTree: true);
                await _process.WaitForExitAsync(CancellationToken.None);
            }
        }

        _process.Dispose();
        _folder.Dispose();
    }

    private async Task<bool> AnswersAsync(CancellationToken cancellation)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, Port), cancellation);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
