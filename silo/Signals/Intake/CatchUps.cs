using Fabric.Core.Common;
using Fabric.Engine;

namespace Fabric.Silo.Signals.Intake;

/// <summary>
/// Lets a silo catch up with the others for many who ask. Each waits for one that was begun after it asked; whoever asks while one is under way shares the next. So it is begun once at a time, however many
/// send what this silo does not know (B1).
/// </summary>
internal sealed class CatchUps(IFabricEngine engine)
{
    private readonly Lock _gate = new();
    private Task<Rejection?> _running = Task.FromResult<Rejection?>(null);
    private Task<Rejection?>? _next;

    /// <summary>Null: what was done at other silos before this was asked is known here. Refusals: those of <see cref="IFabricEngine.CatchUpAsync"/>.</summary>
    public async ValueTask<Rejection?> WaitAsync(CancellationToken cancellation)
    {
        Task<Rejection?> mine;
        lock (_gate)
        {
            var before = _running;
            mine = _next ??= Task.Run(() => AfterAsync(before), CancellationToken.None);
        }
        return await mine.WaitAsync(cancellation);
    }

    private async Task<Rejection?> AfterAsync(Task<Rejection?> before)
    {
        try
        {
            await before;
        }
#pragma warning disable CA1031 // who asked for that one is told; this one is another
        catch (Exception)
#pragma warning restore CA1031
        {
        }
        lock (_gate)
        {
            // Whoever asks from here on may have seen what this one does not.
            (_running, _next) = (_next!, null);
        }
        return await engine.CatchUpAsync(CancellationToken.None);
    }
}
