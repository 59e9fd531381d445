using Fabric.Core.Common;

namespace Fabric.Silo.Signals;

/// <summary>The status lists of credentials (draft-ietf-oauth-status-list), for verifiers that hold no lease.</summary>
public sealed class StatusListSettings
{
    /// <summary>The tenants, separated by commas, whose tokens name a status list (some 250 bytes); `*`: all. The tokens of others stay as they are.</summary>
    public string Tenants { get; set; } = "";

    /// <summary>Seconds that a verifier may keep a list (`ttl`); it is void after twice as many (`exp`). 1 to 3,600.</summary>
    public int TtlSeconds { get; set; } = 30;

    internal IReadOnlyList<string> TenantList => Tenants.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    internal void Check(Action<bool, string, string> need)
    {
        need(TenantList.Count <= 1_000 && TenantList.All(tenant => tenant == "*" || Names.CheckId("tenant", tenant) is null), "Tenants", "at most 1,000 tenants' ids, separated by commas, or `*`");
        need(TtlSeconds is >= 1 and <= 3_600, "TtlSeconds", "1 to 3,600");
    }
}
