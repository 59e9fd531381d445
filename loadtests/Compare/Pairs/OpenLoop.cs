using Fabric.LoadTests.Measure;

namespace Fabric.LoadTests.Compare.Pairs;

/// <summary>
/// Load from a schedule: each operation has a time at which it is due, whether or not the ones before are answered, and its latency counts from then. A server that
/// stands still is charged for all that were due meanwhile (no coordinated omission).
/// </summary>
/// <param name="nowNs">The clock.</param>
/// <param name="idle">What the pacing thread does while nothing is due.</param>
internal sealed class OpenLoop(Func<long> nowNs, Action idle)
{
    /// <summary>Operations that may wait for their answer at once: past it, the next is sent when one has come back, and is late by as much.</summary>
    public const int OpenMax = 1_024;

    /// <summary>Over the machine's clock; the pacing thread gives its core away between looks at it.</summary>
    public static OpenLoop OfMachine() => new(() => Clock.NowNs, () => Thread.Yield());

    /// <summary>Sends so many operations at so many a second, and returns their latencies once all are answered.</summary>
    public async Task<LatencyRecorder> RunAsync(int count, int perSecond, Func<int, ValueTask> send)
    {
        var latencies = new LatencyRecorder();
        using var room = new SemaphoreSlim(OpenMax);
        var open = new List<Task>();
        var beganNs = nowNs();
        for (var i = 0; i < count; i++)
        {
            var dueNs = beganNs + (i * 1_000_000_000L / perSecond);
            while (nowNs() < dueNs)
            {
                idle();
            }

            var sending = send(i);
            if (sending.IsCompletedSuccessfully)
            {
                lock (latencies)
                {
                    latencies.RecordNs(nowNs() - dueNs);
                }

                continue;
            }

            await room.WaitAsync();
            open.Add(FinishAsync(sending, dueNs));
        }

        await Task.WhenAll(open);
        return latencies;

        async Task FinishAsync(ValueTask sending, long dueNs)
        {
            try
            {
                await sending;
                lock (latencies)
                {
                    latencies.RecordNs(nowNs() - dueNs);
                }
            }
            finally
            {
                room.Release();
            }
        }
    }
}
