using System.Buffers;
using System.Text;
using Fabric.Contracts.Common;
using Fabric.Contracts.Credentials;
using Fabric.Contracts.Revocations;
using Fabric.Contracts.Sessions;
using Fabric.Core.Common;
using Fabric.Core.Lineages;
using Fabric.Core.Scopes;
using Fabric.Core.Sessions;
using Fabric.Core.Tokens;
using Fabric.Engine;
using Fabric.Engine.Wire;
using Fabric.Grains.Sessions;
using Fabric.Grains.Wire;

namespace Fabric.Grains.Operations;

internal sealed partial class ClusterFabric
{
    public async ValueTask<Outcome<SessionInfo>> OpenSessionAsync(string tenant, OpenSession command, CancellationToken cancellation = default)
    {
        var scopes = ScopeWire.Read(command.Scopes);
        if ((Refuse(Admins | Role.Agent, tenant) ?? Names.CheckId("agent", command.Agent) ?? CheckBinding(command.Audience, command.ProofKey) ?? scopes.Rejection) is { } refused)
        {
            return refused;
        }

        if (caller.Role == Role.Agent && caller.Subject != command.Agent)
        {
            return Missing(command.Agent);
        }

        var id = NextSession(tenant);
        var open = new OpenCommand(
            caller.Name, tenant, command.Agent, command.User, command.Purpose, BytesOf(scopes.Value), Milliseconds(command.LifetimeSeconds), command.RequireApproval,
            UInt128.Zero, Relay.Sequence, Audience: command.Audience, ProofKey: command.ProofKey);
        return await AnswerAsync(() => SessionGrain(id).OpenAsync(open), opened => opened.Binding == SessionBinding.Of(command.Audience, command.ProofKey)).ConfigureAwait(false);
    }

    public async ValueTask<Outcome<SessionInfo>> DelegateSessionAsync(string session, DelegateSession command, CancellationToken cancellation = default)
    {
        var scopes = ScopeWire.Read(command.Scopes);
        if ((Names.CheckId("agent", command.Agent) ?? (command.Tenant is null ? null : Names.CheckId("tenant", command.Tenant)) ?? CheckBinding(command.Audience, command.ProofKey) ?? scopes.Rejection) is { } bad)
        {
            return bad;
        }

        var parent = await FindAsync(session, Admins | Role.Agent).ConfigureAwait(false);
        if (!parent.IsOk)
        {
            return parent.Rejection;
        }

        var by = command.Token is null ? Outcome<HandedBy?>.Of(null) : HandOver.Of(engine.Introspect(command.Token), session);
        if (!by.IsOk)
        {
            return by.Rejection;
        }

        var id = NextSession(command.Tenant ?? parent.Value.State.Tenant);
        var open = new OpenCommand(
            caller.Name, command.Tenant ?? parent.Value.State.Tenant, command.Agent, null, command.Purpose, BytesOf(scopes.Value),
            Milliseconds(command.LifetimeSeconds), false, parent.Value.State.Id, Relay.Sequence, by.Value?.Credential ?? UInt128.Zero,
            by.Value is { } handed ? BytesOf(handed.Scopes) : null, by.Value?.ExpiresAt.UnixMs ?? 0, command.Audience, command.ProofKey);
        return await AnswerAsync(
            () => SessionGrain(id).OpenAsync(open),
            opened => opened.Binding == SessionBinding.Of(command.Audience, command.ProofKey) && (by.Value is null || ComesFrom(opened, parent.Value.State.Tenant, by.Value))).ConfigureAwait(false);
    }

    public async ValueTask<Outcome<SessionInfo>> GetSessionAsync(string session, CancellationToken cancellation = default)
    {
        var found = await FindAsync(session, Readers | Role.Agent).ConfigureAwait(false);
        return found.IsOk ? InfoWire.Session(found.Value.State, StatusOf(found.Value.State, Now), null, Revision) : found.Rejection;
    }

    public async ValueTask<Outcome<Page<SessionInfo>>> ListSessionsAsync(SessionQuery query, CancellationToken cancellation = default)
    {
        var node = NodeWire.Read(query.Ancestor);
        if (!node.IsOk)
        {
            return node.Rejection;
        }

        if ((Refuse(Readers, node.Value.Tenant) ?? CheckPage(new PageQuery(query.Cursor, query.Limit)) ?? CheckStatus(query.Status)) is { } refused)
        {
            return refused;
        }

        // INVARIANT T1: below a node of its own tenant a caller sees delegated sessions too: both tenants agreed to that.
        var (handle, items) = (Parts.Handles.Of(node.Value), new List<SessionInfo>());
        for (var after = Names.ParseId(query.Cursor) ?? UInt128.Zero; ;)
        {
            var rows = await engine.Reads.SessionsAsync(handle, after, query.Limit + 1, cancellation).ConfigureAwait(false);
            var now = Now;
            foreach (var row in rows)
            {
                var status = StatusOf(row.State, now);
                var wanted = query.Status is null
                    ? status is SessionStatus.Requested or SessionStatus.Active
                    : string.Equals(status.ToString(), query.Status, StringComparison.OrdinalIgnoreCase);
                if (wanted && items.Count == query.Limit)
                {
                    return new Page<SessionInfo>(items, Names.FormatId(after));
                }

                after = row.State.Id;
                if (wanted)
                {
                    items.Add(InfoWire.Session(row.State, status, null, Revision));
                }
            }

            if (rows.Count <= query.Limit)
            {
                return new Page<SessionInfo>(items, null);
            }
        }
    }

    public async ValueTask<Outcome<SessionInfo>> ApproveSessionAsync(string session, ApproveSession command, CancellationToken cancellation = default)
    {
        var found = await FindAsync(session, Admins | Role.Approver | Role.User).ConfigureAwait(false);
        if (!found.IsOk)
        {
            return found.Rejection;
        }

        var (grain, lifetime) = (SessionGrain(found.Value.State.Id), Milliseconds(command.LifetimeSeconds));
        return await AnswerAsync(() => caller.Role == Role.User
            ? caller.IsConsentOnly
                ? grain.ConsentOnlyAsync(caller.Name, caller.Subject, command.Note, lifetime, Relay.Sequence)
                : grain.ConsentAsync(caller.Name, caller.Subject, command.Note, lifetime, Relay.Sequence)
            : grain.ApproveAsync(caller.Name, command.Note, lifetime, Relay.Sequence)).ConfigureAwait(false);
    }

    public async ValueTask<Outcome<SessionInfo>> DenySessionAsync(string session, DenySession command, CancellationToken cancellation = default)
    {
        var found = await FindAsync(session, Admins | Role.Approver | Role.User).ConfigureAwait(false);
        return found.IsOk
            ? await AnswerAsync(() => SessionGrain(found.Value.State.Id).DenyAsync(caller.Name, command.Reason)).ConfigureAwait(false)
            : found.Rejection;
    }

    public async ValueTask<Outcome<Receipt>> CompleteSessionAsync(string session, CancellationToken cancellation = default)
    {
        var found = await FindAsync(session, Admins | Role.Agent).ConfigureAwait(false);
        if (!found.IsOk)
        {
            return found.Rejection;
        }

        var now = Now;
        var ended = await AskAsync(() => SessionGrain(found.Value.State.Id).CompleteAsync(caller.Name, caller.Tenant == found.Value.State.Tenant)).ConfigureAwait(false);
        return ended.IsOk ? await ReceiptAsync(ended.Value, now, "accepted", 0, cancellation).ConfigureAwait(false) : ended.Rejection;
    }

    public async ValueTask<Outcome<IssuedCredentials>> IssueCredentialsAsync(
        string session, IssueCredentials command, CancellationToken cancellation = default)
    {
        byte[]? scopes = null;
        if (command.Scopes is not null)
        {
            var read = ScopeWire.Read(command.Scopes);
            if (!read.IsOk)
            {
                return read.Rejection;
            }

            scopes = BytesOf(read.Value);
        }

        if (CheckTokens(command) is { } bad)
        {
            return bad;
        }

        if (Refuse(Admins | Role.Agent, caller.Tenant) is { } refused)
        {
            return refused;
        }

        if (Names.ParseId(session) is not { } id)
        {
            return Missing(session);
        }

        // INVARIANT T1: the grain knows whose session it is, so it is the one to say that there is none for this caller.
        IssueReply reply = null!;
        var issue = new IssueCommand(
            caller.Name, command.Count, Milliseconds(command.LifetimeSeconds), scopes, command.Audience ?? Parts.Options.DefaultAudience, Relay.Sequence, caller.Tenant,
            caller.Role == Role.Agent ? caller.Subject : null, command.ProofKey, command.Audience is not null);
        var asked = await AskAsync(async () => (reply = await SessionGrain(id).IssueAsync(issue).ConfigureAwait(false)).Reply).ConfigureAwait(false);
        if (!asked.IsOk)
        {
            return asked.Rejection;
        }

        // A silo of an older version does not know of keys that tokens are bound to: what it has signed is not handed out.
        if (command.ProofKey is { } key && !Array.TrueForAll(reply.Tokens, token => IsBound(token, key)))
        {
            return OlderSilo;
        }

        return new IssuedCredentials(
            session, [.. reply.Ids.Zip(reply.Tokens, (id, token) => new IssuedCredential(id, token))], new Instant(reply.ExpiresMs).ToDateTimeOffset(),
            InfoWire.Clamped(ClampOf(reply.AskedMs, reply.GrantedMs, reply.CutBy)), asked.Value.Revision);
    }

    private static Rejection OlderSilo => new(
        Codes.StorageUnavailable, "cluster", "the session is at a silo of an older version, which does not know this: ask again when all silos are new");

    private static bool IsBound(string token, string key) =>
        TokenReader.Parse(Encoding.ASCII.GetBytes(token)) is { IsOk: true } parsed && parsed.Value.Claims.ProofKey == key;

    private bool ComesFrom(SessionState opened, string tenant, HandedBy by) =>
        opened.ComesFrom(NodeKind.Credential, Parts.Handles.OfId(NodeKind.Credential, Parts.Handles.OfTenant(tenant), by.Credential));

    // What a silo of an older version has passed over is told to nobody: the session's id is known here alone.
    private async ValueTask<Outcome<SessionInfo>> AnswerAsync(Func<Task<SessionReply>> call, Func<SessionState, bool>? isWhole = null)
    {
        SessionReply reply = default;
        var asked = await AskAsync(async () => (reply = await call().ConfigureAwait(false)).Reply).ConfigureAwait(false);
        if (!asked.IsOk)
        {
            return asked.Rejection;
        }

        var state = SessionRow.Read(reply.Row, reply.Credentials).State;
        return isWhole?.Invoke(state) == false ? OlderSilo : InfoWire.Session(state, state.Status, ClampOf(reply.AskedMs, reply.GrantedMs, reply.CutBy), asked.Value.Revision);
    }

    // Marked as made here, so that whoever names it is told whether it ever was.
    private UInt128 NextSession(string tenant) => Parts.Handles.Mark(NodeKind.Session, Parts.Handles.OfTenant(tenant), Parts.NextId(Now));

    private static Clamp? ClampOf(long askedMs, long grantedMs, string? by) =>
        by is null ? null : new Clamp(TimeSpan.FromMilliseconds(askedMs), TimeSpan.FromMilliseconds(grantedMs), by);

    private static long? Milliseconds(long? seconds) => InfoWire.Seconds(seconds) is { } span ? (long)span.TotalMilliseconds : null;

    private static byte[] BytesOf(ScopeSet scopes)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        scopes.Write(buffer);
        return buffer.WrittenSpan.ToArray();
    }
}
