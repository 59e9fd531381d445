using Fabric.Core.Common;
using Fabric.Embedded.Storage;
using Fabric.Engine.Feed;

namespace Fabric.Embedded;

/// <summary>How the embedded engine is set up.</summary>
public sealed record EmbeddedOptions
{
    /// <summary>The data folder; made at first start, held by one process at a time.</summary>
    public required string DataFolder { get; init; }

    /// <summary>The base of every tenant's issuer: `ISSUER/tenants/TENANT`. At most 120 characters.</summary>
    public string Issuer { get; init; } = "https://fabric.local";

    /// <summary>The audience of a credential when the issuance names none.</summary>
    public string DefaultAudience { get; init; } = "fabric";

    /// <summary>The tenants whose tokens name a status list; `*`: all of them.</summary>
    public IReadOnlyList<string> StatusListTenants { get; init; } = [];

    /// <summary>The master key, base64 of 32 bytes; null: the file `master.key` in the data folder, made at first start.</summary>
    public string? MasterKey { get; init; }

    /// <summary>What happens when the journal is damaged.</summary>
    public JournalOptions Journal { get; init; } = new();

    /// <summary>Bounds and limits of the feed.</summary>
    public FeedHubOptions Feed { get; init; } = new();

    /// <summary>How many of each thing a tenant may have.</summary>
    public CountLimits Counts { get; init; } = new();

    /// <summary>Journal records after which a checkpoint is made. 1,000 to 10,000,000.</summary>
    public int CheckpointAfterRecords { get; init; } = 200_000;

    /// <summary>How long after the last one a checkpoint is made when there is anything to write, however little. 1 second to 1 day, or infinite: never for that.</summary>
    public TimeSpan CheckpointAfter { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How long audit records are kept. 1 day to 10 years.</summary>
    public TimeSpan AuditRetention { get; init; } = TimeSpan.FromDays(400);

    /// <summary>How long an ended session is still answered for. 0 to 1 day.</summary>
    public TimeSpan EndedSessionRetention { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>The refusal of the first option that is out of range; null: all are well.</summary>
    public string? Invalid()
    {
        if (string.IsNullOrWhiteSpace(DataFolder))
        {
            return "`DataFolder` is required";
        }

        if (!Uri.TryCreate(Issuer, UriKind.Absolute, out var issuer) || issuer.Scheme is not ("http" or "https") || Issuer.Length > 120 || Issuer.EndsWith('/'))
        {
            return "`Issuer` is an absolute http(s) URL of at most 120 characters without a slash at its end";
        }

        if (DefaultAudience.Length is 0 or > 256)
        {
            return "`DefaultAudience` has 1 to 256 characters";
        }

        if (CheckpointAfterRecords is < 1_000 or > 10_000_000)
        {
            return "`CheckpointAfterRecords` is 1,000 to 10,000,000";
        }

        if (CheckpointAfter != Timeout.InfiniteTimeSpan && (CheckpointAfter < TimeSpan.FromSeconds(1) || CheckpointAfter > TimeSpan.FromDays(1)))
        {
            return "`CheckpointAfter` is 1 second to 1 day, or infinite";
        }

        if (Counts.Check() is { } counts)
        {
            return $"`Counts.{counts.Subject}`: {counts.Detail}";
        }

        if (AuditRetention < TimeSpan.FromDays(1) || AuditRetention > TimeSpan.FromDays(3660))
        {
            return "`AuditRetention` is 1 to 3,660 days";
        }

        return EndedSessionRetention < TimeSpan.Zero || EndedSessionRetention > TimeSpan.FromDays(1) ? "`EndedSessionRetention` is 0 to 1 day" : null;
    }
}
