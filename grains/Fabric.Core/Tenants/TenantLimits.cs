using Fabric.Core.Common;

namespace Fabric.Core.Tenants;

/// <summary>A tenant's limits, each within the fabric's (<see cref="Limits"/>).</summary>
public sealed record TenantLimits(
    TimeSpan SessionLifetime, TimeSpan CredentialLifetime, int DelegationDepth, int LiveSessions, TimeSpan ApprovalWait)
{
    /// <summary>What a tenant gets when nothing is said.</summary>
    public static TenantLimits Default { get; } = new(
        Limits.SessionLifetimeMax, Limits.CredentialLifetimeMax, Limits.DelegationDepthMax, Limits.LiveSessionsMax, Limits.ApprovalWaitDefault);

    /// <summary>Null when every limit is within the fabric's.</summary>
    public Rejection? Check() =>
        Span("limits.sessionSecondsMax", SessionLifetime, Limits.SessionLifetimeMax)
        ?? Span("limits.credentialSecondsMax", CredentialLifetime, Limits.CredentialLifetimeMax)
        ?? Span("limits.approvalSecondsMax", ApprovalWait, Limits.ApprovalWaitMax)
        ?? Count("limits.delegationDepthMax", DelegationDepth, 0, Limits.DelegationDepthMax)
        ?? Count("limits.liveSessionsMax", LiveSessions, 1, Limits.LiveSessionsMax);

    private static Rejection? Span(string field, TimeSpan value, TimeSpan most) =>
        value < TimeSpan.FromSeconds(1) || value > most
            ? new Rejection(Codes.InvalidField, field, $"a lifetime is 1 to {most.TotalSeconds} seconds")
            : null;

    private static Rejection? Count(string field, int value, int least, int most) =>
        value < least || value > most ? new Rejection(Codes.InvalidField, field, $"the limit is {least} to {most}") : null;
}
