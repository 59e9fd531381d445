using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Npgsql;

namespace Fabric.Silo.Cluster;

/// <summary>
/// A PostgreSQL server of its own, for the demo and for tests: the programs of Debian's package, a fresh folder, a free loopback port, a random password,
/// and never as root. Stopped and deleted with its disposal.
/// </summary>
public sealed class LocalPostgres : IAsyncDisposable
{
    private const string User = "fabric";
    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan PollEvery = TimeSpan.FromMilliseconds(100);

    private readonly string _bin;
    private readonly string _folder;
    private readonly string _password;
    private readonly int _port;
    private Process _process;

    private LocalPostgres(string bin, string folder, string password, int port)
    {
        (_bin, _folder, _password, _port) = (bin, folder, password, port);
        _process = Launch();
    }

    /// <summary>How to reach it.</summary>
    public string ConnectionString => $"Host=127.0.0.1;Port={_port};Username={User};Password={_password};Database=postgres";

    /// <summary>The folder of the server's programs, the newest version; null: the package is not installed.</summary>
    public static string? FindPrograms() => Directory.Exists("/usr/lib/postgresql")
        ? Directory.GetDirectories("/usr/lib/postgresql").OrderByDescending(Version).Select(folder => Path.Combine(folder, "bin"))
            .FirstOrDefault(bin => File.Exists(Path.Combine(bin, "initdb")))
        : null;

    /// <summary>Makes and starts a server. Throws <see cref="InvalidOperationException"/> when the programs are missing or fail.</summary>
    public static async Task<LocalPostgres> StartAsync(CancellationToken cancellation = default)
    {
        var bin = FindPrograms() ?? throw new InvalidOperationException("PostgreSQL is not installed: `apt-get install postgresql`, or name a server");
        var folder = Directory.CreateTempSubdirectory("fabric-postgres-").FullName;
        var password = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        var passwordFile = Path.Combine(folder, "password");
        await File.WriteAllTextAsync(passwordFile, password, cancellation);
        if (Environment.IsPrivilegedProcess)
        {
            await RunAsync("chown", ["-R", "postgres", folder], cancellation);
        }

        var (program, arguments) = Unprivileged(
            Path.Combine(bin, "initdb"), ["-D", Path.Combine(folder, "data"), "-U", User, "-A", "scram-sha-256", "--pwfile", passwordFile, "-E", "UTF8", "--no-locale"]);
        await RunAsync(program, arguments, cancellation);
        var server = new LocalPostgres(bin, folder, password, FreePort());
        await server.ReadyAsync(cancellation);
        return server;
    }

    /// <summary>Its first process, which has started all others.</summary>
    public int ProcessId => _process.Id;

    /// <summary>Whether it has ended.</summary>
    public bool HasExited => _process.HasExited;

    /// <summary>Stops it at once, as a crash would; what was committed stays.</summary>
    public async Task KillAsync()
    {
        await RunAsync("kill", ["-QUIT", $"{_process.Id}"], CancellationToken.None);
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    /// <summary>Sends a signal to the server and to all processes that it has started. After KILL it answers once none of them is left.</summary>
    public async Task SignalAsync(string signal)
    {
        // Stopped first: it starts no other process while they are looked for.
        await RunAsync("kill", ["-STOP", $"{_process.Id}"], CancellationToken.None);
        var children = Children(_process.Id);
        foreach (var id in children)
        {
            try
            {
                await RunAsync("kill", [$"-{signal}", $"{id}"], CancellationToken.None);
            }
            catch (InvalidOperationException) when (!IsThere(id))
            {
                // It has ended by itself.
            }
        }

        await RunAsync("kill", [$"-{signal}", $"{_process.Id}"], CancellationToken.None);
        if (signal == "KILL")
        {
            await _process.WaitForExitAsync();
            using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
            while (children.Exists(IsThere))
            {
                await timer.WaitForNextTickAsync();
            }
        }
    }

    /// <summary>Starts it again on the same folder and port.</summary>
    public async Task RestartAsync(CancellationToken cancellation = default)
    {
        _process = Launch();
        await ReadyAsync(cancellation);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            // One that stands still takes no other signal.
            await SignalAsync("CONT");
            await KillAsync();
        }

        Directory.Delete(_folder, recursive: true);
    }

    private Process Launch()
    {
        var (program, arguments) = Unprivileged(
            Path.Combine(_bin, "postgres"),
            ["-D", Path.Combine(_folder, "data"), "-p", $"{_port}", "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "max_connections=300"]);
        var start = new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardError = true, RedirectStandardOutput = true };
        var process = Process.Start(start)!;
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }

    private async Task ReadyAsync(CancellationToken cancellation)
    {
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                await using var connection = new NpgsqlConnection(ConnectionString + ";Pooling=false");
                await connection.OpenAsync(cancellation);
                return;
            }
            catch (NpgsqlException) when (!_process.HasExited && Stopwatch.GetElapsedTime(started) < StartPatience)
            {
                await Task.Delay(PollEvery, cancellation);
            }
        }
    }

    private static List<int> Children(int parent) =>
        [.. Directory.GetDirectories("/proc").Select(path => int.TryParse(Path.GetFileName(path), out var id) ? id : 0).Where(id => id > 0 && StateOf(id)?.Parent == parent)];

    private static bool IsThere(int id) => StateOf(id) is { State: not "Z" };

    // proc(5): `ID (NAME) STATE PARENT ...`, where the name may hold anything.
    private static (string State, int Parent)? StateOf(int id)
    {
        try
        {
            var text = File.ReadAllText($"/proc/{id}/stat");
            var fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
            return (fields[0], int.Parse(fields[1], System.Globalization.CultureInfo.InvariantCulture));
        }
        catch (IOException)
        {
            return null;
        }
    }

    // The server refuses to run as root; the package has made a user for it.
    private static (string Program, string[] Arguments) Unprivileged(string program, string[] arguments) => Environment.IsPrivilegedProcess
        ? ("setpriv", ["--reuid=postgres", "--regid=postgres", "--clear-groups", program, .. arguments])
        : (program, arguments);

    private static async Task RunAsync(string program, string[] arguments, CancellationToken cancellation)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardError = true, RedirectStandardOutput = true })!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(cancellation), process.StandardError.ReadToEndAsync(cancellation));
        await process.WaitForExitAsync(cancellation);
        await output;
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"`{Path.GetFileName(program)}` failed: {(await error).Trim()}");
        }
    }

    private static int Version(string folder) => int.TryParse(Path.GetFileName(folder), out var version) ? version : 0;

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
