using Fabric.Contracts.Audit;
using Fabric.Core.Common;
using Fabric.Core.Credentials;
using Fabric.Core.Journal;
using Fabric.Core.Lineages;
using Fabric.Core.Quotas;
using Fabric.Core.Sessions;
using Fabric.Embedded.Storage.Audit;

namespace Fabric.Embedded.Engine;

/// <summary>Writes what happened to the audit store (A1): one record an event, with tenant, user, agent, session, purpose, reason and revision.</summary>
internal sealed class AuditTrail(AuditStore store)
{
    internal AuditStore Store { get; } = store;

    /// <summary>Whether new issuance can be recorded.</summary>
    internal bool IsTaking => Store.IsTaking;

    /// <summary>Records a transaction. What does not fit the spool is fed again when the store is back (<see cref="FeedAgain_NeedsLock"/>).</summary>
    internal bool Add(Transaction transaction, ulong sequence, World world, ulong revision)
    {
        var taken = true;
        for (var i = 0; i < transaction.Events.Count; i++)
        {
            var e = transaction.Events[i];
            if (e is not (QuotaDrawn or QuotaReturned))
            {
                taken &= Store.TryAdd(RecordOf(e, transaction, sequence, i, world, revision));
            }
        }

        Store.Complete((long)sequence);
        return taken;
    }

    /// <summary>
    /// Adds what the full spool refused once more, from the newest changes, a piece at a time. What is older than those is fed by the next start
    /// from the journal, which keeps everything that the audit has not got.
    /// </summary>
    internal void FeedAgain_NeedsLock(ChangeLog changes, World world)
    {
        const int TransactionsAtOnce = 1_000;
        if (Store.MissingFrom is not (> 0 and var from) || !Store.IsTaking)
        {
            return;
        }

        var again = new List<(ulong Sequence, Transaction Transaction)>();
        if (!changes.TryRead((ulong)from - 1, TransactionsAtOnce, again))
        {
            return;
        }

        foreach (var (sequence, transaction) in again)
        {
            if (!Add(transaction, sequence, world, transaction.Revision))
            {
                return;
            }

            Store.FedAgain((long)sequence);
        }
    }

    /// <summary>Records a command that was refused.</summary>
    internal void AddRejected(Rejection rejection, string command, string by, SessionState? session, OpenTask? task, Instant now, ulong revision) =>
        Store.TryAdd(new AuditRecord
        {
            TimeMs = now.UnixMs, Kind = "command.rejected", Tenant = session?.Tenant ?? task?.Tenant.Id ?? "", Agent = session?.Agent ?? task?.Agent.Id,
            User = session?.UserName ?? task?.User, SessionId = session?.Id ?? UInt128.Zero, Purpose = session?.Purpose ?? task?.Purpose,
            Reason = rejection.Code, By = by, Revision = revision, Count = 1, Detail = command,
        });

    /// <summary>Records what an enforcement point saw. The session says for which task; null: it has ended too long ago.</summary>
    internal bool AddUsage(UsageLine line, string edge, SessionState? session) => Store.TryAdd(new AuditRecord
    {
        TimeMs = Instant.From(line.LastAt).UnixMs, Kind = line.Code is null ? "usage" : "denied", Tenant = line.Tenant, User = line.User,
        Agent = line.Agent, SessionId = Names.ParseId(line.Session) ?? UInt128.Zero, Credential = Names.ParseId(line.Credential) ?? UInt128.Zero,
        Tool = line.Tool, Action = line.Action, Resource = line.Resource, Reason = line.Code, By = edge, Revision = line.Revision, Count = line.Count,
        Purpose = session?.Purpose, DelegatedFrom = session?.Parent ?? UInt128.Zero, FirstMs = Instant.From(line.FirstAt).UnixMs, LastMs = Instant.From(line.LastAt).UnixMs, Detail = line.BestEffort ? "best_effort" : null,
    });

    private static AuditRecord RecordOf(FabricEvent e, Transaction transaction, ulong sequence, int part, World world, ulong revision)
    {
        var session = SessionOf(e, world);
        var issued = e as CredentialsIssued;
        var revoked = e as CredentialsRevoked;
        var node = e.Node;
        return new AuditRecord
        {
            Sequence = (long)sequence, Part = part, TimeMs = transaction.At.UnixMs, Kind = e.Kind, Tenant = node.Tenant ?? "", By = transaction.By,
            User = session?.UserName ?? (node.Kind == NodeKind.User ? node.Id : null),
            Agent = session?.Agent ?? (node.Kind == NodeKind.Agent ? node.Id : null),
            SessionId = session?.Id ?? (node.Kind == NodeKind.Session ? Names.ParseId(node.Id) ?? UInt128.Zero : UInt128.Zero),
            Purpose = session?.Purpose, DelegatedFrom = session?.Parent ?? UInt128.Zero, Revision = revision,
            Credential = issued is { Ids.Count: 1 } ? issued.Ids[0] : revoked is { Ids.Count: 1 } ? revoked.Ids[0] : UInt128.Zero,
            Count = issued?.Ids.Count ?? revoked?.Ids.Count ?? 1,
            CredentialIds = issued?.Ids ?? revoked?.Ids, CredentialsExpireMs = issued?.ExpiresAt.UnixMs ?? 0,
            PreviousCredential = issued?.Previous ?? UInt128.Zero, Reason = EventText.ReasonOf(e), Detail = issued is null ? EventText.DescribeText(e) : null,
        };
    }

    private static SessionState? SessionOf(FabricEvent e, World world) => e switch
    {
        SessionOpened opened => world.Session(opened.Id),
        SessionApproved approved => world.Session(approved.Id),
        SessionEnded ended => world.Session(ended.Id),
        CredentialsIssued issued => world.Session(issued.Session),
        Core.Nodes.NodeRevoked { Target.Kind: NodeKind.Session } revoked => world.Session(Names.ParseId(revoked.Target.Id) ?? UInt128.Zero),
        _ => null,
    };
}
