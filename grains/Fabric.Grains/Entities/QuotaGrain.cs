using System.Globalization;
using Fabric.Core.Common;
using Fabric.Core.Quotas;
using Fabric.Grains.Storage;
using Fabric.Grains.Wire;

namespace Fabric.Grains.Entities;

/// <inheritdoc/>
internal sealed class QuotaGrain(
    ClusterParts parts, [PersistentState(QuotaGrain.StateName, ClusterNames.Storage)] IPersistentState<QuotaRow> row) : Grain, IQuotaGrain
{
    /// <summary>The name of what it keeps.</summary>
    internal const string StateName = "quota";

    private QuotaState? _state;

    public override Task OnActivateAsync(CancellationToken cancellationToken) => StorageFaults.TellAsync(() => LoadAsync(cancellationToken));

    private async Task LoadAsync(CancellationToken cancellationToken)
    {
        var id = UInt128.Parse(this.GetPrimaryKeyString(), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        if (await parts.Store.Entities.QuotaAsync(id, cancellationToken) is { } stored)
        {
            _state = new QuotaState(stored.Quota, stored.DropAfter);
            _state.Restore(row.State.Window, row.State.Used);
            foreach (var (drawer, held) in row.State.Held)
            {
                _state.RestoreHeld(drawer, held);
            }
        }
    }

    public async Task<QuotaReply> TakeAsync(string drawer, long want)
    {
        if (_state is null)
        {
            DeactivateOnIdle();
            return new QuotaReply(Codes.NotFound, "the quota does not exist", 0, 0, 0);
        }

        var now = parts.Now;
        var decided = _state.Draw(drawer, want, now);
        if (!decided.IsOk)
        {
            return new QuotaReply(decided.Rejection.Code, decided.Rejection.Detail, 0, 0, 0);
        }

        // Deducted durably before it is handed out: a crash may lose units, never multiply them.
        var drawn = decided.Value;
        _state.Apply(drawn);
        await KeepAsync();
        var validForMs = _state.Quota.PeriodMs == 0 ? 0 : ((drawn.Window + 1) * _state.Quota.PeriodMs) - now.UnixMs;
        return new QuotaReply(null, null, drawn.Units, validForMs, drawn.Window);
    }

    public async Task ReturnAsync(string drawer, long units, long window)
    {
        if (_state?.Return(drawer, units, window) is { } returned)
        {
            _state.Apply(returned);
            await KeepAsync();
        }
    }

    // What fails is not handed out: the activation ends, and the next one reads what was kept.
    private async Task KeepAsync()
    {
        (row.State.Window, row.State.Used, row.State.Held) = (_state!.Window, _state.Used, new Dictionary<string, long>(_state.Held, StringComparer.Ordinal));
        try
        {
            await row.WriteStateAsync();
        }
        catch
        {
            // The state may be older than the database's, another activation's: the next one reads it.
            DeactivateOnIdle();
            throw;
        }
    }
}
