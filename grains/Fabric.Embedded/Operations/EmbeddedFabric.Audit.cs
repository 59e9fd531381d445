using Fabric.Contracts.Audit;
using Fabric.Contracts.Common;
using Fabric.Core.Common;
using Fabric.Core.Sessions;
using Fabric.Embedded.Storage.Audit;
using Fabric.Engine;

namespace Fabric.Embedded.Operations;

internal sealed partial class EmbeddedFabric
{
    public async ValueTask<Outcome<Page<AuditEntry>>> QueryAuditAsync(AuditQuery query, CancellationToken cancellation = default)
    {
        if ((caller.Role & (Admins | Role.Auditor)) == 0)
        {
            return Refuse(Admins | Role.Auditor, caller.Tenant)!;
        }

        // INVARIANT T1: a caller of one tenant sees that tenant's records.
        var tenant = query.Tenant ?? caller.Tenant;
        if (caller.Tenant is not null && tenant != caller.Tenant)
        {
            return Missing(tenant!);
        }

        if (CheckAudit(query) is { } bad)
        {
            return bad;
        }

        // What was answered before the question is in the answer.
        await engine.Audit.Store.FlushAsync().WaitAsync(cancellation).ConfigureAwait(false);
        var found = await Task.Run(
            () => engine.Audit.Store.Query(new AuditFilter
            {
                Tenant = tenant, User = query.User, Agent = query.Agent, Session = Names.ParseId(query.Session), Credential = Names.ParseId(query.Credential),
                Tool = query.Tool, Kind = query.Kind, FromMs = query.From?.ToUnixTimeMilliseconds(), ToMs = query.To?.ToUnixTimeMilliseconds(),
                AfterId = query.Cursor is { } cursor ? long.Parse(cursor) : null, Limit = query.Limit, OldestFirst = query.OldestFirst,
            }),
            cancellation).ConfigureAwait(false);
        var next = found.Count == query.Limit ? found[^1].Id.ToString() : null;
        return new Page<AuditEntry>([.. found.Select(item => EntryOf(item.Id, item.Record))], next);
    }

    private Rejection Rejected_NeedsLock(Rejection rejection, string command, SessionState session, Instant now)
    {
        engine.Audit.AddRejected(rejection, command, caller.Name, session, null, now, Ledger.Revision);
        return rejection;
    }

    private Rejection Rejected_NeedsLock(Rejection rejection, string command, OpenTask task, Instant now)
    {
        engine.Audit.AddRejected(rejection, command, caller.Name, null, task, now, Ledger.Revision);
        return rejection;
    }

    private static AuditEntry EntryOf(long id, AuditRecord record) => new(
        id.ToString(), new Instant(record.TimeMs).ToDateTimeOffset(), record.Kind, record.Tenant, record.User, record.Agent, IdOf(record.SessionId),
        IdOf(record.Credential), record.Tool, record.Action, record.Resource, record.Purpose, record.Reason, record.By, IdOf(record.DelegatedFrom),
        record.Revision, record.Count, record.FirstMs == 0 ? null : new Instant(record.FirstMs).ToDateTimeOffset(),
        record.LastMs == 0 ? null : new Instant(record.LastMs).ToDateTimeOffset(), record.Detail);

    private static string? IdOf(UInt128 id) => id == UInt128.Zero ? null : Names.FormatId(id);
}
