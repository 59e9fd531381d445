using Fabric.Contracts.Audit;
using Fabric.Core.Checks;
using Fabric.Core.Common;
using Microsoft.Extensions.Logging;

namespace Fabric.Client.Edges;

/// <summary>
/// Delivers what was counted, report by report, and gives idle quota units back. While the fabric is away the same report is sent again and again, and all
/// else waits, counted, in the window: nothing is lost within its bound (A1).
/// </summary>
internal sealed partial class UsageDelivery(string edge, IEdgeUplink uplink, UsageWindow usage, QuotaSlices quotas, EdgeClock clock, ILogger logger) : IDisposable
{
    private readonly SemaphoreSlim _one = new(1);
    private readonly Queue<UsageReport> _undelivered = new();

    /// <summary>Delivers all that there is, unless somebody is at it. Returns early, with the rest kept, when the fabric does not take a report.</summary>
    public async Task TryDeliverAsync(CancellationToken cancellation)
    {
        if (await _one.WaitAsync(0, cancellation))
        {
            await DeliverNowAsync(allUnits: false, cancellation);
        }
    }

    /// <summary>Delivers all that there is, after whoever is at it.</summary>
    public async Task DeliverAsync(CancellationToken cancellation)
    {
        await _one.WaitAsync(cancellation);
        await DeliverNowAsync(allUnits: false, cancellation);
    }

    /// <summary>Delivers all that there is and gives all quota units back: at the end.</summary>
    public async Task DeliverLastAsync(CancellationToken cancellation)
    {
        await _one.WaitAsync(cancellation);
        await DeliverNowAsync(allUnits: true, cancellation);
    }

    /// <inheritdoc/>
    public void Dispose() => _one.Dispose();

    private async Task DeliverNowAsync(bool allUnits, CancellationToken cancellation)
    {
        try
        {
            foreach (var units in quotas.TakeIdle(clock.SentMs, allUnits))
            {
                await uplink.ReturnQuotaAsync(units, cancellation);
            }

            // What is counted from now on is the next delivery's: under load there is no end of it.
            for (var lines = usage.Lines; lines > 0 && Refill() && await DeliverOneAsync(_undelivered.Peek(), cancellation);)
            {
                var delivered = _undelivered.Dequeue().Lines.Count;
                usage.Release(delivered);
                lines -= delivered;
            }
        }
        catch (OperationCanceledException)
        {
            // The host is going down, or the connection: what is left is kept.
        }
#pragma warning disable CA1031 // a bug of an uplink must not end the delivery: it is tried again
        catch (Exception e)
#pragma warning restore CA1031
        {
            LogDeliveryFailed(e);
        }
        finally
        {
            _one.Release();
        }
    }

    private bool Refill()
    {
        if (_undelivered.Count == 0)
        {
            foreach (var report in UsageReports.Of(edge, usage.Drain(UsageReports.LinesMax)))
            {
                _undelivered.Enqueue(report);
            }
        }

        return _undelivered.Count > 0;
    }

    private async ValueTask<bool> DeliverOneAsync(UsageReport report, CancellationToken cancellation)
    {
        var outcome = await uplink.ReportUsageAsync(report, cancellation);
        if (outcome.IsOk)
        {
            return true;
        }

        // A report that is refused as such would be refused for ever, and everything behind it would wait.
        if (outcome.Rejection.Code is Codes.InvalidField or Codes.MalformedRequest or Codes.TooLarge)
        {
            LogReportRefused(report.Lines.Count, outcome.Rejection);
            return true;
        }

        LogReportKept(usage.Lines, outcome.Rejection.Code);
        return false;
    }

    [LoggerMessage(101, LogLevel.Error, "usage could not be delivered; it is kept and tried again")]
    private partial void LogDeliveryFailed(Exception exception);

    [LoggerMessage(102, LogLevel.Error, "a usage report of {Lines} lines was refused for good: {Rejection}")]
    private partial void LogReportRefused(int lines, Rejection rejection);

    [LoggerMessage(103, LogLevel.Debug, "the fabric did not take a usage report ({Code}); {Lines} lines are kept")]
    private partial void LogReportKept(int lines, string code);
}
