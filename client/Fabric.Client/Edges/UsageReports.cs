using Fabric.Contracts.Audit;
using Fabric.Contracts.Feed;
using Fabric.Core.Checks;

namespace Fabric.Client.Edges;

/// <summary>Makes reports, each small enough for a frame, of what was counted.</summary>
internal static class UsageReports
{
    /// <summary>Lines that are drained at once.</summary>
    public const int LinesMax = 2_000;

    // A line's ids and names, beside the call's strings; each character of those may be escaped to six.
    private const int LineBytes = 1_536;
    private const int EscapedBytes = 6;
    private const int ReportBytes = FeedLimits.FrameBytesMax - 1_024;

    public static IEnumerable<UsageReport> Of(string edge, IReadOnlyList<UsageSample> samples)
    {
        var lines = new List<UsageLine>();
        var bytes = 0;
        foreach (var sample in samples)
        {
            var size = LineBytes + (EscapedBytes * (sample.Tool.Length + sample.Action.Length + sample.Resource.Length));
            if (lines.Count > 0 && bytes + size > ReportBytes)
            {
                yield return Report(edge, lines);
                (lines, bytes) = ([], 0);
            }

            lines.Add(Line(sample));
            bytes += size;
        }

        if (lines.Count > 0)
        {
            yield return Report(edge, lines);
        }
    }

    private static UsageReport Report(string edge, List<UsageLine> lines) => new(edge, lines, Guid.NewGuid().ToString("n"));

    private static UsageLine Line(UsageSample sample)
    {
        var claims = sample.Claims;
        return new UsageLine(
            claims.Tenant,
            claims.User,
            claims.ClientId,
            claims.SessionId.ToString("x32"),
            claims.CredentialId.ToString("x32"),
            sample.Tool,
            sample.Action,
            sample.Resource,
            sample.Code,
            sample.BestEffort,
            sample.Count,
            sample.FirstAt.ToDateTimeOffset(),
            sample.LastAt.ToDateTimeOffset(),
            sample.Revision);
    }
}
