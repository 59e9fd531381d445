using System.Buffers;
using Fabric.Core.Common;
using Fabric.Core.Credentials;
using Fabric.Core.Index;
using Fabric.Core.Journal;
using Fabric.Core.Lineages;
using Fabric.Core.Scopes;

namespace Fabric.Core.Sessions;

/// <summary>
/// A session as its events made it. A million of them live in memory, so that only what is a session's own stands here; what it has in common with others is
/// shared (<see cref="Share"/>).
/// </summary>
public sealed class SessionState
{
    // It ends for good (S1) instead of being issued anew under a higher generation.
    private const uint Generation = 1;

    private byte[] _scopes;

    /// <summary>Made by the event that opened it.</summary>
    public SessionState(SessionOpened opened, Instant at)
        : this(opened.Id, HandleIn(opened.Lineage), SessionOrigin.Of(opened), opened.Purpose, Written(opened.Scopes), at, opened.LifetimeMs) =>
        (Status, ExpiresAt) = (opened.Status, opened.ExpiresAt);

    /// <summary>
    /// What of a session never changes (<paramref name="scopes"/>: its <see cref="ScopeBytes"/>, not changed afterwards); <see cref="Restore"/> puts the rest back.
    /// </summary>
    public SessionState(UInt128 id, Handle handle, SessionOrigin origin, string purpose, byte[] scopes, Instant openedAt, long lifetimeMs) =>
        (Id, Handle, Origin, Purpose, _scopes, OpenedAt, LifetimeMs) = (id, handle, origin, purpose, scopes, openedAt, lifetimeMs);

    /// <summary>The session's id (`sid`).</summary>
    public UInt128 Id { get; }
    /// <summary>The session's own handle.</summary>
    public Handle Handle { get; }
    /// <summary>The last credential issued: the head of the inventory's chain; zero: none.</summary>
    public UInt128 LastCredential { get; private set; }
    /// <summary>Where it comes from.</summary>
    public SessionOrigin Origin { get; private set; }
    /// <summary>What the task is.</summary>
    public string Purpose { get; private set; }
    /// <summary>What may be done, as <see cref="ScopeSet.Write"/> writes it: compiled, it would take ten times the memory.</summary>
    public ReadOnlySpan<byte> ScopeBytes => _scopes;
    /// <summary>Who approved it; null: nobody (yet).</summary>
    public string? ApprovedBy { get; private set; }
    /// <summary>When it was opened.</summary>
    public Instant OpenedAt { get; }
    /// <summary>When it ends; while requested: when the wait for an approval ends.</summary>
    public Instant ExpiresAt { get; private set; }
    /// <summary>How long it may live from its approval on, milliseconds.</summary>
    public long LifetimeMs { get; }
    /// <summary>Credentials issued so far.</summary>
    public uint CredentialsIssued { get; private set; }
    /// <summary>Where it is in its life.</summary>
    public SessionStatus Status { get; private set; }

    /// <summary>The session it was delegated from; zero: none.</summary>
    public UInt128 Parent => Origin.Parent;
    /// <summary>The tenant of the agent.</summary>
    public string Tenant => Origin.Tenant;
    /// <summary>The agent whose task it is.</summary>
    public string Agent => Origin.Agent;
    /// <summary>The tenant of the user; other than <see cref="Tenant"/> after a delegation across tenants.</summary>
    public string? UserTenant => Origin.UserTenant;
    /// <summary>For whom; null: nobody.</summary>
    public string? User => Origin.User;
    /// <summary>Who asked for it.</summary>
    public string RequestedBy => Origin.RequestedBy;
    /// <summary>What its credentials are held to; null: nothing.</summary>
    public SessionBinding? Binding => Origin.Binding;
    /// <summary>Delegations above it.</summary>
    public byte Depth => Origin.Depth;
    /// <summary>The session as the last node of its lineage.</summary>
    public LineageNode Node => new(NodeKind.Session, Handle, Generation);

    /// <summary>The user as others see it: `USER`, or `TENANT:USER` when it is another tenant's.</summary>
    public string? UserName => User is null || UserTenant == Tenant ? User : $"{UserTenant}:{User}";

    /// <summary>The lineage of what comes from this session: its ancestors, itself, then <paramref name="more"/>. Made anew at each call.</summary>
    public Lineage LineageWith(params ReadOnlySpan<LineageNode> more) => Origin.Ancestors.With([Node, .. more]);

    /// <summary>Whether a node is this session or an ancestor of it.</summary>
    public bool ComesFrom(NodeKind kind, Handle handle) =>
        (kind == NodeKind.Session && handle == Handle) || Origin.Ancestors.Contains(kind, handle);

    /// <summary>Whether it and all its ancestors live, by the revocation index. Allocates nothing.</summary>
    public LineageVerdict CheckLineage(RevocationIndex index, Instant now)
    {
        var ancestors = Origin.Ancestors.Nodes;
        Span<LineageNode> nodes = stackalloc LineageNode[ancestors.Length + 1];
        ancestors.CopyTo(nodes);
        nodes[^1] = Node;
        return index.CheckLineage(nodes, now);
    }

    /// <summary>What may be done, compiled anew at each call.</summary>
    public ScopeSet ReadScopes() => ScopeSet.TryRead(_scopes, out _) ?? throw new InvalidRecordException("a scope set is not readable");

    /// <summary>Takes equal instances, which other sessions hold too, in place of its own.</summary>
    public void Share(SessionOrigin origin, string purpose, byte[] scopes) => (Origin, Purpose, _scopes) = (origin, purpose, scopes);

    /// <summary>Whether it can still issue or be approved.</summary>
    public bool IsLive => Status is SessionStatus.Requested or SessionStatus.Active;

    /// <summary>Takes an event in. INVARIANT S1: a session that is not live never becomes live again.</summary>
    public void Apply(SessionApproved approved)
    {
        if (Status == SessionStatus.Requested)
        {
            (Status, ApprovedBy, ExpiresAt) = (SessionStatus.Active, approved.By, approved.ExpiresAt);
        }
    }

    /// <summary>Takes an event in; <see cref="ExpiresAt"/> then tells when it ended.</summary>
    public void Apply(SessionEnded ended, Instant at)
    {
        if (IsLive)
        {
            (Status, ExpiresAt) = (ended.Status, Instant.Min(ExpiresAt, at));
        }
    }

    /// <summary>Takes an event in; one that was taken in already (a replay over a newer checkpoint) changes nothing.</summary>
    public void Apply(CredentialsIssued issued)
    {
        if (issued.Previous == LastCredential)
        {
            CredentialsIssued += (uint)issued.Ids.Count;
            LastCredential = issued.Ids[^1];
        }
    }

    /// <summary>Puts back what a checkpoint kept beyond the opening event.</summary>
    public void Restore(SessionStatus status, string? approvedBy, Instant expiresAt, uint credentialsIssued, UInt128 lastCredential) =>
        (Status, ApprovedBy, ExpiresAt, CredentialsIssued, LastCredential) = (status, approvedBy, expiresAt, credentialsIssued, lastCredential);

    private static byte[] Written(ScopeSet scopes)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        scopes.Write(buffer);
        return buffer.WrittenSpan.ToArray();
    }

    private static Handle HandleIn(Lineage lineage) => lineage.Nodes[^1] is { Kind: NodeKind.Session, Generation: Generation } own
        ? own.Handle
        : throw new InvalidRecordException("a session is not the last node of its own lineage");
}
