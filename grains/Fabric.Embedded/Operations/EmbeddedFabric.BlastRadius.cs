using Fabric.Contracts.Revocations;
using Fabric.Core.Common;
using Fabric.Core.Index;
using Fabric.Core.Lineages;
using Fabric.Core.Sessions;

namespace Fabric.Embedded.Operations;

internal sealed partial class EmbeddedFabric
{
    private const int NamesMax = 1_000;

    // What a revocation would hit: every live session with the node in its lineage, counted a piece at a time beside the running engine.
    private async ValueTask<Outcome<Receipt>> BlastRadius(NodeRef node, CancellationToken cancellation)
    {
        if (node.Kind == NodeKind.Credential)
        {
            return await BlastRadiusOfCredentials(node.Tenant, [Names.ParseId(node.Id)!.Value], cancellation).ConfigureAwait(false);
        }

        var hits = new Hits();
        var handle = World.Handles.Of(node);
        await Task.Run(() => Collect(hits, state => state.ComesFrom(node.Kind, handle), cancellation), cancellation).ConfigureAwait(false);
        var credentials = await CountCredentials(hits.Sessions.Contains, cancellation).ConfigureAwait(false);
        return Answer(hits, hits.Sessions.Count, credentials);
    }

    private async ValueTask<Outcome<Receipt>> BlastRadiusOfCredentials(string tenant, UInt128[] ids, CancellationToken cancellation)
    {
        var asked = ids.ToHashSet();
        var sessions = new HashSet<UInt128>();
        await engine.Audit.Store.FlushAsync().ConfigureAwait(false);
        foreach (var id in asked)
        {
            if (engine.Audit.Store.FindCredential(id) is { } found)
            {
                sessions.Add(found.Session);
            }
        }

        var hits = new Hits();
        await Task.Run(() => Collect(hits, state => state.Tenant == tenant && sessions.Contains(state.Id), cancellation), cancellation).ConfigureAwait(false);
        var credentials = await CountCredentials(hits.Sessions.Contains, cancellation, asked).ConfigureAwait(false);
        return Answer(hits, sessions: 0, credentials);
    }

    private void Collect(Hits hits, Func<SessionState, bool> isHit, CancellationToken cancellation)
    {
        var found = new List<SessionState>();
        for (var (slot, walked) = (0, false); !walked;)
        {
            cancellation.ThrowIfCancellationRequested();
            found.Clear();
            lock (Ledger.Gate)
            {
                var now = Now;
                var end = Math.Min(slot + WalkSlots, World.Sessions.SlotCount);
                for (; slot < end; slot++)
                {
                    if (World.Sessions.At(slot) is { IsLive: true } state && isHit(state)
                        && StatusOf_NeedsLock(state, now) is SessionStatus.Active or SessionStatus.Requested)
                    {
                        found.Add(state);
                    }
                }

                walked = slot >= World.Sessions.SlotCount;
            }

            // What is counted of a session never changes: nobody need wait for it.
            found.ForEach(hits.Add);
        }
    }

    // The inventory follows the journal within moments; it is waited for, so that nothing issued before the question is missed.
    private async ValueTask<long> CountCredentials(Func<UInt128, bool> inScope, CancellationToken cancellation, HashSet<UInt128>? only = null)
    {
        await engine.Audit.Store.FlushAsync().WaitAsync(cancellation).ConfigureAwait(false);
        var now = Now;
        return await Task.Run(
            () => engine.Audit.Store.CountLiveCredentials(
                inScope, now.UnixMs, (id, session) => (only is null || only.Contains(id)) && IsAlive(id, session)), cancellation).ConfigureAwait(false);
    }

    private bool IsAlive(UInt128 id, UInt128 session)
    {
        lock (Ledger.Gate)
        {
            return World.Session(session) is { } state
                && !(engine.Index.TryGet(World.Handles.OfId(NodeKind.Credential, World.Tenant(state.Tenant)!.State.Handle, id), out var record)
                    && record.MinGeneration == IndexRecord.Terminal);
        }
    }

    private Outcome<Receipt> Answer(Hits hits, long sessions, long credentials) => new Receipt(
        Ledger.Revision, "dry_run", false, Now.ToDateTimeOffset(), null, new ClosedClasses(false, false, false), [], [], [], [], null,
        new BlastRadius(
            sessions, credentials, hits.Agents.Count, [.. hits.Tools.Order(StringComparer.Ordinal).Take(NamesMax)],
            [.. hits.Tenants.Order(StringComparer.Ordinal).Take(NamesMax)]));

    private sealed class Hits
    {
        internal HashSet<UInt128> Sessions { get; } = [];
        internal HashSet<(string, string)> Agents { get; } = [];
        internal HashSet<string> Tools { get; } = new(StringComparer.Ordinal);
        internal HashSet<string> Tenants { get; } = new(StringComparer.Ordinal);

        internal void Add(SessionState state)
        {
            Sessions.Add(state.Id);
            Agents.Add((state.Tenant, state.Agent));
            Tenants.Add(state.Tenant);
            foreach (var entry in state.ReadScopes().Entries)
            {
                Tools.Add(entry.Tool);
            }
        }
    }
}
