using Fabric.Contracts.Agents;
using Fabric.Contracts.Sessions;
using Fabric.Contracts.Tenants;
using Fabric.Contracts.Trust;
using Fabric.Contracts.Users;
using Fabric.Core.Agents;
using Fabric.Core.Common;
using Fabric.Core.Sessions;
using Fabric.Core.Tenants;
using Fabric.Core.Trust;
using Fabric.Core.Users;

namespace Fabric.Engine.Wire;

/// <summary>States as callers see them. <c>lockedUntil</c>: the node's lock, if one is in force.</summary>
public static class InfoWire
{
    /// <summary>A tenant.</summary>
    public static TenantInfo Tenant(TenantState state, Instant? lockedUntil, ulong revision) => new(
        state.Id, state.Name, state.Standing.Ended ? "revoked" : lockedUntil is null ? "active" : "locked", state.Standing.Generation,
        new TenantLimitsDto(
            (long)state.Limits.SessionLifetime.TotalSeconds, (long)state.Limits.CredentialLifetime.TotalSeconds, state.Limits.DelegationDepth,
            state.Limits.LiveSessions, (long)state.Limits.ApprovalWait.TotalSeconds),
        state.RequireApproval, state.CreatedAt.ToDateTimeOffset(), lockedUntil?.ToDateTimeOffset(), revision);

    /// <summary>The limits of a wire form over those that hold: what is null stays.</summary>
    public static TenantLimits Limits(TenantLimitsDto? dto, TenantLimits current) => dto is null ? current : new TenantLimits(
        Seconds(dto.SessionSecondsMax) ?? current.SessionLifetime, Seconds(dto.CredentialSecondsMax) ?? current.CredentialLifetime,
        dto.DelegationDepthMax ?? current.DelegationDepth, dto.LiveSessionsMax ?? current.LiveSessions,
        Seconds(dto.ApprovalSecondsMax) ?? current.ApprovalWait);

    /// <summary>A span of whole seconds; anything that no limit allows becomes a day past the longest, so that no value overflows.</summary>
    public static TimeSpan? Seconds(long? seconds) =>
        seconds is null ? null : TimeSpan.FromSeconds(Math.Clamp(seconds.Value, -1, 400L * 24 * 3600));

    /// <summary>A user.</summary>
    public static UserInfo User(UserState state, Instant? lockedUntil, ulong revision) => new(
        state.Tenant, state.Id, state.Name, state.Standing.Ended ? "offboarded" : lockedUntil is null ? "active" : "locked",
        state.Standing.Generation, state.Groups, state.CreatedAt.ToDateTimeOffset(), lockedUntil?.ToDateTimeOffset(), revision,
        state.SignIn is { } signIn ? new SignInInfo(signIn.Approves, state.SignInSetAt.ToDateTimeOffset()) : null);

    /// <summary>An agent.</summary>
    public static AgentInfo Agent(AgentState state, Instant? lockedUntil, ulong revision) => new(
        state.Tenant, state.Id, NameOf(state.Kind), state.Name, state.Standing.Ended ? "retired" : lockedUntil is null ? "active" : "suspended",
        state.Standing.Generation, state.Owner, state.Environment, ScopeWire.Write(state.Ceiling),
        state.ReviewAt == Instant.Never ? null : state.ReviewAt.ToDateTimeOffset(), state.RequireApproval, state.CreatedAt.ToDateTimeOffset(),
        lockedUntil?.ToDateTimeOffset(), revision, AgentKeyWire.Write(state.Keys), state.RedirectUris.Count == 0 ? null : state.RedirectUris);

    /// <summary>An agent kind's wire name.</summary>
    public static string NameOf(AgentKind kind) => kind switch
    {
        AgentKind.Personal => "personal",
        AgentKind.Shared => "shared",
        _ => "backend",
    };

    /// <summary>The kind of a wire name; default when there is none.</summary>
    public static AgentKind KindOf(string? name) => name switch
    {
        "personal" => AgentKind.Personal,
        "shared" => AgentKind.Shared,
        "backend" => AgentKind.Backend,
        _ => default,
    };

    /// <summary>A trust grant.</summary>
    public static TrustInfo Trust(TrustState state, Instant now, ulong revision) => new(
        Names.FormatId(state.Id), state.Grantor, state.Grantee, ScopeWire.Write(state.Scopes),
        state.Standing.Ended ? "ended" : state.ExpiresAt <= now ? "expired" : state.Accepted ? "accepted" : "proposed",
        state.CreatedAt.ToDateTimeOffset(), state.ExpiresAt.ToDateTimeOffset(), revision);

    /// <summary>A session whose status, all considered, is <paramref name="status"/>.</summary>
    public static SessionInfo Session(SessionState state, SessionStatus status, Clamp? clamp, ulong revision) => new(
        Names.FormatId(state.Id), state.Tenant, state.Agent, state.UserName, state.Purpose, status.ToString().ToLowerInvariant(),
        ScopeWire.Write(state.ReadScopes()), state.RequestedBy, state.ApprovedBy, state.OpenedAt.ToDateTimeOffset(), state.ExpiresAt.ToDateTimeOffset(),
        state.Parent == UInt128.Zero ? null : Names.FormatId(state.Parent), state.Depth, state.CredentialsIssued, Clamped(clamp), revision);

    /// <summary>A clamp.</summary>
    public static ClampDto? Clamped(Clamp? clamp) => clamp is null
        ? null
        : new ClampDto((long)clamp.Requested.TotalSeconds, (long)clamp.Granted.TotalSeconds, clamp.LimitedBy);
}
