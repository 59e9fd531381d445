using System.Globalization;
using Fabric.Core.Common;
using Fabric.Grains.Entities;

namespace Fabric.Grains.Storage.InMemory;

/// <summary>Drops from memory what the database would drop.</summary>
internal sealed class MemoryUpkeep(MemoryTables tables, MemoryTurn turn, TimeProvider time) : IUpkeepStore
{
    private Instant _hourly;

    public Task<UpkeepTurn?> TryTurnAsync(CancellationToken cancellation) =>
        Task.FromResult(turn.TryTake() is { } held ? new UpkeepTurn(Instant.From(time.GetUtcNow()), held) : null);

    public Task TrimAsync(Instant now, ClusterOptions options, CancellationToken cancellation)
    {
        lock (tables.Gate)
        {
            Drop(tables.Sessions, line => !line.IsLive && line.ExpiresMs < (now - options.EndedSessionRetention).UnixMs);
            foreach (var (id, line) in Drop(tables.Credentials, line => line.ExpiresMs < (now - TimeSpan.FromDays(1)).UnixMs))
            {
                if (tables.CredentialsOf.TryGetValue(line.Session, out var all) && all.Remove(id) && all.Count == 0)
                {
                    tables.CredentialsOf.Remove(line.Session);
                }
            }

            Drop(tables.Quotas, quota => quota.DropAfter < now);
            if (now - _hourly >= TimeSpan.FromHours(1))
            {
                // Looked for seldom: each reads the whole.
                _hourly = now;
                TrimQuotaStates();
                TrimDirectory(now - TimeSpan.FromHours(1));
            }

            Drop(tables.Requests, line => line.AtMs < (now - TimeSpan.FromHours(24)).UnixMs);
            Drop(tables.Reports, at => at < (now - TimeSpan.FromHours(24)).UnixMs);
            var expired = now - Limits.ClockSkew - Limits.ClockSkew;
            Drop(tables.Once, until => until < expired.UnixMs);
            Drop(tables.Notes, note => note.Until < expired);
            tables.TrimAudit_NeedsLock((now - options.AuditRetention).UnixMs);

            // INVARIANT R4: only what can matter no more, also on a clock that is late.
            tables.Feed.RemoveAll(line => line.DropAfter < (now - TimeSpan.FromHours(1)).UnixMs);
            TrimChanges(now - options.ChangeRetention);
        }

        return Task.CompletedTask;
    }

    // How much was drawn of a quota that is gone.
    private void TrimQuotaStates()
    {
        var there = tables.Quotas.Keys.Select(id => id.ToString("x32", CultureInfo.InvariantCulture)).ToHashSet(StringComparer.Ordinal);
        Drop(tables.Grains, (grain, _) => grain.State == QuotaGrain.StateName && !there.Contains(grain.Grain.Key.ToString()!));
    }

    // What an entity's later event has replaced, as in the database.
    private void TrimDirectory(Instant before)
    {
        var newest = tables.Directory.Where(line => line.Slot is not null).GroupBy(line => (line.Row.Owner, line.Slot))
            .ToDictionary(group => group.Key, group => group.Max(line => line.Row.Version));
        tables.Directory.RemoveAll(line =>
            line is { Slot: { } slot, Row.Owner: { } owner } && line.Row.Version < newest[(owner, slot)]
            && line.Row.AtMs < (slot.StartsWith("generation ", StringComparison.Ordinal) ? before - TimeSpan.FromDays(1) : before).UnixMs
            && tables.DirectoryKeys.Remove((owner, line.Row.Version, line.Part)));
    }

    // INVARIANT R3: from the beginning on, and the newest stays: it holds the head.
    private void TrimChanges(Instant before)
    {
        var old = 0;
        while (old < tables.Changes.Count - 1 && tables.Changes[old].AtMs < before.UnixMs)
        {
            tables.ChangesById.Remove(tables.Changes[old++].Id);
        }

        tables.Changes.RemoveRange(0, old);
    }

    private static List<KeyValuePair<TKey, T>> Drop<TKey, T>(IDictionary<TKey, T> lines, Predicate<T> isOld)
        where TKey : notnull => Drop(lines, (_, line) => isOld(line));

    private static List<KeyValuePair<TKey, T>> Drop<TKey, T>(IDictionary<TKey, T> lines, Func<TKey, T, bool> isOld)
        where TKey : notnull
    {
        var old = lines.Where(line => isOld(line.Key, line.Value)).ToList();
        old.ForEach(line => lines.Remove(line.Key));
        return old;
    }
}
