using Fabric.Contracts.Credentials;
using Fabric.Core.Common;
using Fabric.Core.Credentials;
using Fabric.Core.Lineages;
using Fabric.Core.Scopes;
using Fabric.Core.Sessions;
using Fabric.Core.Tokens;
using Fabric.Embedded.Engine;
using Fabric.Engine;
using Fabric.Engine.Wire;

namespace Fabric.Embedded.Operations;

internal sealed partial class EmbeddedFabric
{
    public async ValueTask<Outcome<IssuedCredentials>> IssueCredentialsAsync(
        string session, IssueCredentials command, CancellationToken cancellation = default)
    {
        ScopeSet? scopes = null;
        if (command.Scopes is not null)
        {
            var read = ScopeWire.Read(command.Scopes);
            if (!read.IsOk)
            {
                return read.Rejection;
            }

            scopes = read.Value;
        }

        if (CheckTokens(command) is { } bad)
        {
            return bad;
        }

        var decided = Issue(session, command, scopes);
        if (!decided.IsOk)
        {
            return decided.Rejection;
        }

        // The commit runs on its own thread meanwhile: signing costs no time that the disk does not take anyway. A token is handed
        // out only after its inventory row is durable (A1, D1).
        var (issued, state, actors, now, committed, key) = decided.Value;
        var audience = command.Audience ?? state.Binding?.Audience ?? engine.Options.DefaultAudience;
        var credentials = engine.Signing.Sign(state, actors, issued, key, audience, command.ProofKey, now, World.Handles);
        if (!await committed.Durable.ConfigureAwait(false))
        {
            return Ledger.NotDurable;
        }

        if (!credentials.IsOk)
        {
            return credentials.Rejection;
        }

        return new IssuedCredentials(
            session, credentials.Value, issued.Event.ExpiresAt.ToDateTimeOffset(), InfoWire.Clamped(issued.Clamp), committed.Revision);
    }

    private Outcome<Issuance> Issue(string session, IssueCredentials command, ScopeSet? scopes)
    {
        lock (Ledger.Gate)
        {
            if (Find_NeedsLock(session, Admins | Role.Agent, out var state) is { } refused)
            {
                return refused;
            }

            if (Ledger.Refusal is { } stopped)
            {
                return stopped;
            }

            var now = Now;
            var tenant = World.Tenant(state.Tenant)!;
            if (tenant.SigningKey is not { } key)
            {
                return Rejected_NeedsLock(
                    new Rejection(Codes.TenantNoKey, state.Tenant, "the tenant's signing key was revoked when there was no room for another: rotate the key once older ones have passed"),
                    "credentials.issue", state, now);
            }

            var ids = new UInt128[command.Count];
            for (var i = 0; i < ids.Length; i++)
            {
                ids[i] = World.Handles.Mark(NodeKind.Credential, tenant.State.Handle, Ledger.Ids.Next(now));
            }

            var decided = CredentialDecider.Issue(
                state, World.ScopesOf(state), tenant.State.Limits, new IssueBatch(ids, InfoWire.Seconds(command.LifetimeSeconds), scopes, command.Audience, command.ProofKey), World.Handles, engine.Index, now);
            if (!decided.IsOk)
            {
                return Rejected_NeedsLock(decided.Rejection, "credentials.issue", state, now);
            }

            var committed = Ledger.Emit_NeedsLock(caller.Name, now, [decided.Value.Event]);
            return committed.IsOk ? new Issuance(decided.Value, state, ActorsOf_NeedsLock(state), now, committed.Value, key) : committed.Rejection;
        }
    }

    // The chain of agents, the acting one first (RFC 8693 section 4.1); empty when nothing was delegated.
    private List<TokenActor> ActorsOf_NeedsLock(SessionState state)
    {
        if (state.Parent == UInt128.Zero)
        {
            return [];
        }

        var actors = new List<TokenActor>(state.Depth + 1);
        for (var at = state; at is not null; at = World.Session(at.Parent))
        {
            actors.Add(new TokenActor(at.Tenant, at.Agent));
        }

        return actors;
    }

    private readonly record struct Issuance(
        IssuedBatch Issued, SessionState State, IReadOnlyList<TokenActor> Actors, Instant Now, Committed Committed, SigningKeyEntry Key);
}
