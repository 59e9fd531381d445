using Fabric.Contracts;
using Fabric.Contracts.Keys;
using Fabric.Embedded;
using Fabric.Engine;

namespace Fabric.LoadTests.Processes;

/// <summary>A fabric in this process, over a data folder that a host may open afterwards: setting up millions of credentials needs no HTTP.</summary>
internal sealed class LocalFabric : IAsyncDisposable
{
    private LocalFabric(EmbeddedEngine engine) => Engine = engine;

    /// <summary>The engine.</summary>
    public EmbeddedEngine Engine { get; }

    /// <summary>The fabric as the operator sees it.</summary>
    public IFabric Operator => Engine.As(Caller.Fabric);

    /// <summary>Opens a fabric in a run's folder.</summary>
    public static LocalFabric Open(string folder) =>
        new(EmbeddedEngine.Open(new EmbeddedOptions { DataFolder = Path.Combine(folder, SiloProcess.DataName) }));

    /// <summary>Makes an operator's and an enforcement point's key and leaves them where <see cref="SiloProcess"/> looks for them.</summary>
    public async Task MakeKeysAsync(string folder)
    {
        await MakeKeyAsync("operator", Path.Combine(folder, SiloProcess.KeyName));
        await MakeKeyAsync("enforcement_point", Path.Combine(folder, SiloProcess.EdgeKeyName));
    }

    /// <summary>An edge in this process for one tenant, which remembers so many tokens.</summary>
    public ICheckingEdge MakeEdge(string tenant, int tokensMax) => new LocalEdge(Engine, tenant, tokensMax);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => Engine.DisposeAsync();

    private async Task MakeKeyAsync(string role, string path)
    {
        var made = await Operator.MakeApiKeyAsync(new MakeApiKey(role, "load")).Need("make a key");
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        await using var file = new StreamWriter(path, options);
        await file.WriteLineAsync(made.Secret);
    }
}
