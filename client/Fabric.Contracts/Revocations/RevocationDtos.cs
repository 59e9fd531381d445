using System.Text.Json.Serialization;
using Fabric.Contracts.Common;

namespace Fabric.Contracts.Revocations;

/// <summary>
/// Revokes a node, or a list of credentials of one tenant (at most 100,000 ids). <paramref name="Mode"/>: `terminal` ends the node for good;
/// `generation` (tenant, user, agent, trust) kills everything issued under it so far and lets the node live. Default: `terminal` for sessions and
/// credentials, `generation` for the rest. <paramref name="Wait"/>: `accepted` (durable) or `confirmed`, for at most
/// <paramref name="TimeoutMs"/> (0 to 60,000). <paramref name="DryRun"/>: nothing is revoked, the answer tells the blast radius.
/// </summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record RevokeRequest(
    NodeDto? Node = null, string? Tenant = null, IReadOnlyList<string>? Credentials = null, string? Mode = null, string? Reason = null,
    string Wait = "accepted", int TimeoutMs = 10_000, bool DryRun = false, string? IdempotencyKey = null);

/// <summary>
/// What a revocation or lock returns. <paramref name="State"/>: `accepted` (durable), `confirmed` (no enforcement point can allow any more) or
/// `partial` (not durable yet, or someone has not answered). <paramref name="Revision"/> 0: a cluster's storage has not taken it, so it has no place in the feed
/// yet; it is denied all the same, and the same request tells its revision later. Never `confirmed` over what cannot be proved. A caller that is bound to a tenant sees that
/// tenant's enforcement points by name (`HOLDER/EDGE`) and all others as the numbers in <paramref name="OtherEdges"/>. <paramref name="Unknown"/> says which ids the tenant never had: where they were recorded they stay revoked should they come to be, but what
/// was meant may live on, under another tenant or id. The answer to the revocation itself tells them, a later look at its receipt does not.
/// </summary>
public sealed record Receipt(
    ulong Revision, string State, bool Durable, DateTimeOffset AcceptedAt, double? ConfirmedAfterMs, ClosedClasses Closed,
    IReadOnlyList<string> Acknowledged, IReadOnlyList<string> RanOut, IReadOnlyList<WaitingEdge> Waiting, IReadOnlyList<InFlightCalls> InFlight,
    DateTimeOffset? UnleasedUntil, BlastRadius? BlastRadius = null, OtherEdges? OtherEdges = null, UnknownIds? Unknown = null);

/// <summary>Which classes of action no enforcement point allows any more.</summary>
public sealed record ClosedClasses(bool Destructive, bool Write, bool Read);

/// <summary>An enforcement point that has not answered, and when its lease has run out for all classes at the latest.</summary>
public sealed record WaitingEdge(string Edge, ulong AcknowledgedRevision, double RunsOutInMs);

/// <summary>
/// Enforcement points that are not the caller's tenant's: how many applied it, ran out and are waited for, until when the last of those has run out, and the
/// calls that they had begun.
/// </summary>
public sealed record OtherEdges(int Acknowledged, int RanOut, int Waiting, double? WaitingRunsOutInMs, int CallsInFlight);

/// <summary>
/// Ids of a revocation that the fabric does not know for its tenant: how many, and the first 100. <paramref name="Recorded"/> false: there was no room for all of
/// them, so they were left out; the ids that are known are revoked all the same. The same request carries the rest out when there is room again.
/// </summary>
public sealed record UnknownIds(int Count, IReadOnlyList<string> Ids, bool Recorded = true);

/// <summary>Calls that an enforcement point had begun before it applied the revocation (it has cancelled them).</summary>
public sealed record InFlightCalls(string Edge, int Calls);

/// <summary>What a revocation hits. Counts are exact at the moment of asking; <paramref name="Tools"/> and <paramref name="Tenants"/> list at most 1,000 names.</summary>
public sealed record BlastRadius(long Sessions, long Credentials, long Agents, IReadOnlyList<string> Tools, IReadOnlyList<string> Tenants);

/// <summary>Locks a node until a moment (at most a year ahead). Reversible.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record LockRequest(NodeDto Node, string Reason, DateTimeOffset? Until = null, long? Seconds = null, string Wait = "accepted", int TimeoutMs = 10_000);

/// <summary>Lifts a lock.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record UnlockRequest(NodeDto Node, string Reason);

/// <summary>A lock in force.</summary>
public sealed record LockInfo(NodeDto Node, DateTimeOffset Until, string Reason, string By, DateTimeOffset LockedAt);

/// <summary>Ends a user: terminal, and every session of its personal agents with it.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record EndNode(string Reason, string Wait = "accepted", int TimeoutMs = 10_000);
