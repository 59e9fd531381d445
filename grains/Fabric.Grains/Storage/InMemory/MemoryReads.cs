using System.Globalization;
using Fabric.Contracts.Audit;
using Fabric.Core.Common;
using Fabric.Core.Lineages;
using Fabric.Core.Sessions;
using Fabric.Engine;
using Fabric.Grains.Sessions;
using Fabric.Grains.Wire;

namespace Fabric.Grains.Storage.InMemory;

/// <summary>What is asked beside the order, from memory.</summary>
internal sealed class MemoryReads(MemoryTables tables) : IClusterReads
{
    public Task<List<SessionRow>> SessionsAsync(Handle ancestor, UInt128 after, int most, CancellationToken cancellation) => RowsAsync(
        lines => lines.Where(line => line.Key > after && line.Value.Ancestors.Contains(ancestor)).Take(most), counted: true);

    public Task<List<SessionRow>> LiveSessionsAsync(UInt128 after, int most) => RowsAsync(lines => lines.Where(line => line.Key > after && line.Value.IsLive).Take(most));

    public Task<List<SessionRow>> ExpiredSessionsAsync(Instant now, int most) => RowsAsync(
        lines => lines.Where(line => line.Value.IsLive && line.Value.ExpiresMs <= now.UnixMs).Take(most));

    public Task<Dictionary<UInt128, SessionState>> SessionsAsync(IReadOnlyCollection<UInt128> ids, CancellationToken cancellation = default)
    {
        lock (tables.Gate)
        {
            var found = new Dictionary<UInt128, SessionState>();
            foreach (var id in ids)
            {
                if (tables.Sessions.TryGetValue(id, out var line))
                {
                    found[id] = SessionRow.Read(line.Body).State;
                }
            }

            return Task.FromResult(found);
        }
    }

    public Task<List<(UInt128 Id, UInt128 Session)>> LiveCredentialsAsync(IEnumerable<UInt128> sessions, Instant now, CancellationToken cancellation)
    {
        lock (tables.Gate)
        {
            return KnownAsync_NeedsLock(sessions.Distinct().SelectMany(id => tables.CredentialsOf.GetValueOrDefault(id) ?? []), now);
        }
    }

    public Task<List<(UInt128 Id, UInt128 Session)>> KnownCredentialsAsync(IEnumerable<UInt128> ids, Instant now, CancellationToken cancellation)
    {
        lock (tables.Gate)
        {
            return KnownAsync_NeedsLock(ids.Distinct(), now);
        }
    }

    public Task<Rejection?> UseOnceAsync(SingleUse use, CancellationToken cancellation)
    {
        lock (tables.Gate)
        {
            return Task.FromResult(tables.Once.TryAdd(use.Name, use.Until.UnixMs) ? null : new Rejection(Codes.Replayed, use.Owner, "it was used before"));
        }
    }

    public Task<Outcome<ulong?>> RequestAsync(UInt128 name, CancellationToken cancellation)
    {
        lock (tables.Gate)
        {
            return Task.FromResult(
                name == UInt128.Zero || !tables.Requests.TryGetValue((long)(ulong)(name >> 64), out var line) ? Outcome<ulong?>.Of(null)
                : line.Content == (long)(ulong)name ? Outcome<ulong?>.Of(line.Revision)
                : new Rejection(Codes.IdempotencyConflict, "idempotencyKey", "the idempotency key was used for another request"));
        }
    }

    public Task<List<AuditEntry>> AuditAsync(AuditQuery query, string? tenant, CancellationToken cancellation)
    {
        var (session, credential) = (Names.ParseId(query.Session), Names.ParseId(query.Credential));
        var (from, to) = (query.From?.ToUnixTimeMilliseconds(), query.To?.ToUnixTimeMilliseconds());
        var cursor = query.Cursor is { } text ? long.Parse(text, CultureInfo.InvariantCulture) : (long?)null;
        lock (tables.Gate)
        {
            var lines = query.OldestFirst ? tables.Audit : Enumerable.Reverse(tables.Audit);
            return Task.FromResult<List<AuditEntry>>([.. lines.Where(item => Fits(item.Id, item.Line)).Take(query.Limit).Select(item => EntryOf(item.Id, item.Line))]);
        }

        bool Fits(long id, AuditLine line) =>
            Is(tenant, line.Tenant) && Is(query.User, line.User) && Is(query.Agent, line.Agent) && Is(query.Tool, line.Tool) && Is(query.Kind, line.Kind)
            && (session is null || line.Session == session)
            && (credential is null || line.Credential == credential || line.Credentials?.Contains(credential.Value) == true)
            && (from is null || line.AtMs >= from) && (to is null || line.AtMs <= to)
            && (cursor is null || (query.OldestFirst ? id > cursor : id < cursor));

        static bool Is(string? asked, string? has) => asked is null || asked == has;
    }

    public Task<List<LoggedCommand>> ChangesAsync(long after, long upTo, int most, CancellationToken cancellation)
    {
        lock (tables.Gate)
        {
            return Task.FromResult<List<LoggedCommand>>([
                .. tables.Changes.Skip(tables.IndexAfter_NeedsLock(after)).TakeWhile(line => line.Sequence <= upTo).Take(most)
                    .Select(line => new LoggedCommand(line.Sequence, new Instant(line.AtMs), line.By, line.Revision, EventList.Read(line.Events))),
            ]);
        }
    }

    public Task<long> HeadAsync(CancellationToken cancellation)
    {
        lock (tables.Gate)
        {
            return Task.FromResult(tables.Head_NeedsLock);
        }
    }

    public Task<long> OldestAsync(CancellationToken cancellation)
    {
        lock (tables.Gate)
        {
            return Task.FromResult(tables.Changes.Count == 0 ? 0 : tables.Changes[0].Sequence - 1);
        }
    }

    private Task<List<(UInt128 Id, UInt128 Session)>> KnownAsync_NeedsLock(IEnumerable<UInt128> ids, Instant now)
    {
        var found = new List<(UInt128, UInt128)>();
        foreach (var id in ids)
        {
            if (tables.Credentials.TryGetValue(id, out var line) && line.ExpiresMs > now.UnixMs)
            {
                found.Add((id, line.Session));
            }
        }

        return Task.FromResult(found);
    }

    private Task<List<SessionRow>> RowsAsync(
        Func<SortedDictionary<UInt128, SessionLine>, IEnumerable<KeyValuePair<UInt128, SessionLine>>> select, bool counted = false)
    {
        lock (tables.Gate)
        {
            return Task.FromResult<List<SessionRow>>([
                .. select(tables.Sessions).Select(
                    line => SessionRow.Read(line.Value.Body, counted ? (uint)(tables.CredentialsOf.GetValueOrDefault(line.Key)?.Count ?? 0) : 0)),
            ]);
        }
    }

    private static AuditEntry EntryOf(long id, AuditLine line)
    {
        return new AuditEntry(
            id.ToString(CultureInfo.InvariantCulture), new Instant(line.AtMs).ToDateTimeOffset(), line.Kind, line.Tenant, line.User, line.Agent, Id(line.Session), Id(line.Credential),
            line.Tool, line.Action, line.Resource, line.Purpose, line.Reason, line.By, Id(line.DelegatedFrom), line.Revision, line.Count, Moment(line.FirstMs), Moment(line.LastMs),
            line.Detail);

        static string? Id(UInt128 value) => value == UInt128.Zero ? null : Names.FormatId(value);

        static DateTimeOffset? Moment(long value) => value == 0 ? null : new Instant(value).ToDateTimeOffset();
    }
}
