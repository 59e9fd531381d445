using Fabric.Core.Tenants;

namespace Fabric.Grains.Wire;

/// <summary>A tenant's limits, times in milliseconds.</summary>
[GenerateSerializer, Immutable, Alias("fabric.limits")]
public sealed record LimitsWire(
    [property: Id(0)] long SessionMs, [property: Id(1)] long CredentialMs, [property: Id(2)] int DelegationDepth, [property: Id(3)] int LiveSessions,
    [property: Id(4)] long ApprovalMs)
{
    internal static LimitsWire Of(TenantLimits limits) => new(
        (long)limits.SessionLifetime.TotalMilliseconds, (long)limits.CredentialLifetime.TotalMilliseconds, limits.DelegationDepth, limits.LiveSessions,
        (long)limits.ApprovalWait.TotalMilliseconds);

    internal TenantLimits Read() => new(
        TimeSpan.FromMilliseconds(SessionMs), TimeSpan.FromMilliseconds(CredentialMs), DelegationDepth, LiveSessions, TimeSpan.FromMilliseconds(ApprovalMs));
}
