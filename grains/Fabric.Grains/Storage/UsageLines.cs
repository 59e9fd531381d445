using Fabric.Contracts.Audit;
using Fabric.Core.Checks;
using Fabric.Core.Common;
using Fabric.Core.Sessions;

namespace Fabric.Grains.Storage;

/// <summary>Counted calls as audit records.</summary>
internal static class UsageLines
{
    /// <summary>What an enforcement point saw. The session says for which task; null: it has ended too long ago.</summary>
    internal static AuditLine Of(UsageLine line, string edge, SessionState? session) =>
        new(line.Code is null ? "usage" : "denied", line.Tenant, Instant.From(line.LastAt).UnixMs)
        {
            User = line.User, Agent = line.Agent, Session = Names.ParseId(line.Session) ?? UInt128.Zero, Credential = Names.ParseId(line.Credential) ?? UInt128.Zero,
            Tool = line.Tool, Action = line.Action, Resource = line.Resource, Reason = line.Code, By = edge, Revision = line.Revision, Count = line.Count,
            Purpose = session?.Purpose, DelegatedFrom = session?.Parent ?? UInt128.Zero, FirstMs = Instant.From(line.FirstAt).UnixMs,
            LastMs = Instant.From(line.LastAt).UnixMs, Detail = line.BestEffort ? "best_effort" : null,
        };

    /// <summary>What the silo's own checks have counted.</summary>
    internal static AuditLine Of(UsageSample sample, SessionState? session)
    {
        var claims = sample.Claims;
        return new AuditLine(sample.Code is null ? "usage" : "denied", claims.Tenant, sample.LastAt.UnixMs)
        {
            User = claims.User, Agent = claims.ClientId, Session = claims.SessionId, Credential = claims.CredentialId,
            Tool = sample.Tool, Action = sample.Action, Resource = sample.Resource, Reason = sample.Code, By = "fabric", Revision = sample.Revision,
            Count = sample.Count, Purpose = session?.Purpose, DelegatedFrom = session?.Parent ?? UInt128.Zero, FirstMs = sample.FirstAt.UnixMs,
            LastMs = sample.LastAt.UnixMs, Detail = sample.BestEffort ? "best_effort" : null,
        };
    }
}
