using System.Diagnostics;

namespace Fabric.Packages.Tests;

/// <summary>An ASP.NET app that knows the packages only, built in a temporary folder and run in a process of its own.</summary>
internal sealed class FreshApp : IAsyncDisposable
{
    private const string Listening = "Now listening on: ";
    private const string TokenMark = "token ";

    private readonly Process _process;
    private readonly Dictionary<string, string> _tokens = new(StringComparer.Ordinal);

    private FreshApp(Process process) => _process = process;

    /// <summary>Where it listens.</summary>
    public Uri Address { get; private set; } = new("http://127.0.0.1");

    /// <summary>A token that the app made for the test, by name.</summary>
    public string Token(string name) => _tokens[name];

    /// <summary>Writes, builds and starts the app, and waits until it listens.</summary>
    public static async Task<FreshApp> StartAsync(PackedFolder packed)
    {
        var folder = Directory.CreateDirectory(Path.Combine(packed.Folder, "app")).FullName;
        foreach (var file in Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "App")))
        {
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file).Replace(".txt", "", StringComparison.Ordinal)));
        }

        // Restored into a folder of its own, so that no stale package of this version is found; what others publish comes from the machine's cache.
        var cache = (await Dotnet.RunAsync(folder, "nuget", "locals", "global-packages", "--list")).Split(": ", 2)[1].Trim();
        await Dotnet.RunAsync(folder, "build", "-v", "q", "-o", Path.Combine(folder, "out"),
            $"-p:RestoreAdditionalProjectSources={packed.Packages}", $"-p:RestorePackagesPath={Path.Combine(packed.Folder, "restored")}",
            $"-p:RestoreFallbackFolders={cache}");

        var start = Dotnet.Start(folder, Path.Combine(folder, "out", "FreshApp.dll"), "--urls", "http://127.0.0.1:0");
        var app = new FreshApp(Process.Start(start) ?? throw new InvalidOperationException("the app could not be started"));
        try
        {
            await app.ReadUntilListeningAsync();
            return app;
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
    }

    private async Task ReadUntilListeningAsync()
    {
        var errors = _process.StandardError.ReadToEndAsync();
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (await _process.StandardOutput.ReadLineAsync(patience.Token) is { } line)
        {
            if (line.StartsWith(TokenMark, StringComparison.Ordinal))
            {
                var parts = line.Split(' ');
                _tokens[parts[1]] = parts[2];
            }
            else if (line.Contains(Listening, StringComparison.Ordinal))
            {
                Address = new Uri(line[(line.IndexOf(Listening, StringComparison.Ordinal) + Listening.Length)..].Trim() + "/");
                // The rest is read by nobody: let it go, so that the app never waits for a reader.
                _ = _process.StandardOutput.ReadToEndAsync(CancellationToken.None);
                return;
            }
        }

        Assert.Fail($"the app ended before it listened: {await errors}");
    }
}
