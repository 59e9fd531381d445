using Fabric.Contracts.Audit;
using Fabric.Core.Common;
using Fabric.Core.Journal;
using Fabric.Core.Lineages;
using Fabric.Core.Sessions;
using Fabric.Engine;
using Fabric.Grains.Sessions;

namespace Fabric.Grains.Storage;

/// <summary>What is asked beside the order: sessions, inventory, requests, audit, changes.</summary>
internal interface IClusterReads
{
    /// <summary>Sessions below a node, by id, after one.</summary>
    Task<List<SessionRow>> SessionsAsync(Handle ancestor, UInt128 after, int most, CancellationToken cancellation);

    /// <summary>Sessions by their ids; those that are not known are missing.</summary>
    Task<Dictionary<UInt128, SessionState>> SessionsAsync(IReadOnlyCollection<UInt128> ids, CancellationToken cancellation = default);

    /// <summary>Sessions that count as live, by id, after one.</summary>
    Task<List<SessionRow>> LiveSessionsAsync(UInt128 after, int most);

    /// <summary>Sessions that count as live although their time has run out.</summary>
    Task<List<SessionRow>> ExpiredSessionsAsync(Instant now, int most);

    /// <summary>The unexpired credentials of some sessions.</summary>
    Task<List<(UInt128 Id, UInt128 Session)>> LiveCredentialsAsync(IEnumerable<UInt128> sessions, Instant now, CancellationToken cancellation);

    /// <summary>Which of some credentials are known and unexpired.</summary>
    Task<List<(UInt128 Id, UInt128 Session)>> KnownCredentialsAsync(IEnumerable<UInt128> ids, Instant now, CancellationToken cancellation);

    /// <summary>Null when the name is taken now for the first time, by any silo. What the store does not say is not known to be unused.</summary>
    Task<Rejection?> UseOnceAsync(SingleUse use, CancellationToken cancellation);

    /// <summary>The revision of a request that was carried out; null: it was not; a refusal: its key was used for another request, or nobody can tell now.</summary>
    Task<Outcome<ulong?>> RequestAsync(UInt128 name, CancellationToken cancellation);

    /// <summary>Audit records, newest first unless asked otherwise.</summary>
    Task<List<AuditEntry>> AuditAsync(AuditQuery query, string? tenant, CancellationToken cancellation);

    /// <summary>What follows a place in the change stream, each command whole.</summary>
    Task<List<LoggedCommand>> ChangesAsync(long after, long upTo, int most, CancellationToken cancellation);

    /// <summary>The newest place of the order, as the store has it.</summary>
    Task<long> HeadAsync(CancellationToken cancellation);

    /// <summary>The oldest place that can be resumed at.</summary>
    Task<long> OldestAsync(CancellationToken cancellation);
}

/// <summary>A command of the order.</summary>
internal sealed record LoggedCommand(long Sequence, Instant At, string By, ulong Revision, FabricEvent[] Events);
