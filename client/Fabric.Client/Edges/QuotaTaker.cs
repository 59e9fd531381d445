using Fabric.Core.Checks;
using Fabric.Core.Common;
using Fabric.Core.Lineages;
using Fabric.Core.Quotas;

namespace Fabric.Client.Edges;

/// <summary>Takes slices of quotas: one request at a time for a quota, for all calls that wait for it.</summary>
internal sealed class QuotaTaker(IEdgeUplink uplink, QuotaSlices slices, EdgeClock clock)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<Handle, Task<Rejection?>> _flights = [];

    /// <summary>Asks for units, or waits for those that are asked for already. Null: look again; else why there are none.</summary>
    public async ValueTask<Rejection?> TakeAsync(QuotaRef quota, CancellationToken cancellation)
    {
        Task<Rejection?> flight;
        lock (_gate)
        {
            if (!_flights.TryGetValue(quota.Id, out flight!))
            {
                // Not under one caller's cancellation: others wait for it, too.
                var want = slices.Want(quota);
                flight = Task.Run(() => TakeNowAsync(quota, want), CancellationToken.None);
                _flights.Add(quota.Id, flight);
            }
        }

        return await flight.WaitAsync(cancellation);
    }

    private async Task<Rejection?> TakeNowAsync(QuotaRef quota, long want)
    {
        try
        {
            var taken = await uplink.TakeQuotaAsync(quota.Id, want, CancellationToken.None);
            if (!taken.IsOk)
            {
                if (taken.Rejection.Code is not (Codes.QuotaExhausted or Codes.RateExceeded))
                {
                    return taken.Rejection;
                }

                slices.NoteExhausted(quota, clock.SentMs, long.MaxValue);
                return null;
            }

            var units = taken.Value;
            if (units.Units == 0)
            {
                slices.NoteExhausted(quota, clock.SentMs, units.ValidForMs > 0 ? units.SentMs + units.ValidForMs : long.MaxValue);
            }
            else if (!slices.Add(quota, units.Units, units.ValidForMs, units.Window, units.SentMs))
            {
                await uplink.ReturnQuotaAsync(new QuotaReturn(quota.Id, units.Units, units.Window), CancellationToken.None);
                return new Rejection(Codes.LimitReached, "quota", $"an enforcement point holds slices of at most {QuotaSlices.SlicesMax} quotas");
            }

            return null;
        }
        finally
        {
            lock (_gate)
            {
                _flights.Remove(quota.Id);
            }
        }
    }
}
