using Fabric.Contracts.Audit;
using Fabric.Contracts.Feed;
using Fabric.Core.Keys;
using Fabric.Core.Lineages;
using Fabric.Engine.Feed;

namespace Fabric.Engine.Tests.Feed;

/// <summary>An engine's answers, as a test says them.</summary>
internal sealed class TestService : IEdgeService
{
    public Func<CheckFrame, ValueTask<CheckAnswerFrame>> Check { get; set; } =
        check => new ValueTask<CheckAnswerFrame>(new CheckAnswerFrame(check.RequestId, true, null, 0, 0));

    public Dictionary<string, VerificationKey> Keys { get; } = [];

    public List<UsageReport> Reports { get; } = [];

    public List<ReturnQuotaFrame> Returned { get; } = [];

    public string Guarded { get; init; } = "acme";

    public Handle GuardedTenant(string tenant) => tenant == Guarded ? new Handle(1, 1) : default;

    public ValueTask<CheckAnswerFrame> CheckAsync(CheckFrame check, string? tenant, CancellationToken cancellation) => Check(check);

    public ValueTask<QuotaAnswerFrame> TakeQuotaAsync(TakeQuotaFrame take, string drawer, CancellationToken cancellation) =>
        take.Want == 13 ? throw new InvalidOperationException("a bug") : new ValueTask<QuotaAnswerFrame>(new QuotaAnswerFrame(take.RequestId, null, take.Want, 0, 1));

    public ValueTask ReturnQuotaAsync(ReturnQuotaFrame give, string drawer, CancellationToken cancellation)
    {
        Returned.Add(give);
        return ValueTask.CompletedTask;
    }

    /// <summary>Happens right after a key was looked up.</summary>
    public Action? KeyFound { get; set; }

    public VerificationKey? FindKey(string kid)
    {
        var key = Keys.GetValueOrDefault(kid);
        KeyFound?.Invoke();
        return key;
    }

    public ValueTask<UsageAnswerFrame> ReportUsageAsync(uint requestId, UsageReport report, CancellationToken cancellation)
    {
        Reports.Add(report);
        return new ValueTask<UsageAnswerFrame>(new UsageAnswerFrame(requestId, null, (ulong)Reports.Count));
    }
}
