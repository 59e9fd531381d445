using Fabric.Contracts;
using Fabric.Contracts.Common;
using Fabric.Core.Common;
using Fabric.Core.Index;
using Fabric.Core.Journal;
using Fabric.Core.Lineages;
using Fabric.Embedded.Engine;
using Fabric.Engine;

namespace Fabric.Embedded.Operations;

/// <summary>
/// The embedded engine for one caller: who may do what (T1) is decided here, what it does in Core, and what was done becomes
/// durable in the <see cref="Ledger"/>. A part a subject.
/// </summary>
internal sealed partial class EmbeddedFabric(EmbeddedEngine engine, Caller caller) : IFabric
{
    private const Role Admins = Role.Operator | Role.TenantAdmin;
    private const Role Readers = Admins | Role.Auditor | Role.Approver;

    private Ledger Ledger => engine.Ledger;

    private World World => engine.Ledger.World;

    private Instant Now => engine.Now;

    // INVARIANT T1: another tenant's nodes do not exist for a caller that is bound to one.
    private Rejection? Refuse(Role allowed, string? tenant, string? subject = null)
    {
        if ((caller.Role & allowed) == 0)
        {
            return new Rejection(Codes.Forbidden, Caller.NameOf(caller.Role), "the caller's role does not allow this");
        }

        return caller.Tenant is not null && caller.Tenant != tenant ? Missing(subject ?? tenant ?? "") : null;
    }

    private static Rejection Missing(string subject) => new(Codes.NotFound, subject, "the node does not exist");

    // Answers go out once what they tell is on disk (D1). Called under the lock.
    private static async ValueTask<Outcome<T>> WhenDurable_NeedsLock<T>(Outcome<Committed> committed, Func<ulong, T> answer)
    {
        if (!committed.IsOk)
        {
            return committed.Rejection;
        }

        // Read before the wait, while the caller holds the lock: afterwards others are changing the tables that it reads.
        var value = answer(committed.Value.Revision);
        return await committed.Value.Durable.ConfigureAwait(false) ? value : Ledger.NotDurable;
    }

    // Everything but revocation stops while storage or audit cannot take it.
    private Outcome<Committed> Commit_NeedsLock(Instant now, params FabricEvent[] events) =>
        Ledger.Refusal is { } stopped ? stopped : Ledger.Emit_NeedsLock(caller.Name, now, events);

    private Instant? LockedUntil_NeedsLock(Handle handle, Instant now) =>
        World.Locks.TryGetValue(handle, out var found) && found.Until > now ? found.Until : null;

    // INVARIANT R1: what was revoked before it was known is not created under its tombstone: it would come to life when that is dropped.
    private bool IsTombstoned_NeedsLock(Handle handle) =>
        engine.Index.TryGet(handle, out var record) && record.MinGeneration == IndexRecord.Terminal;

    // Pages by name: the cursor is the last name of the page before.
    private static Page<T> PageOf<TEntry, T>(
        SortedDictionary<string, TEntry> entries, PageQuery query, Func<TEntry, bool> visible, Func<TEntry, T> map)
    {
        var items = new List<T>();
        string? last = null;
        foreach (var (name, entry) in entries)
        {
            if ((query.Cursor is { } cursor && string.CompareOrdinal(name, cursor) <= 0) || !visible(entry))
            {
                continue;
            }

            if (items.Count == query.Limit)
            {
                return new Page<T>(items, last);
            }

            items.Add(map(entry));
            last = name;
        }

        return new Page<T>(items, null);
    }
}
