using Fabric.Core.Common;
using Fabric.Grains.Feed;
using Fabric.Grains.Wire;

namespace Fabric.Grains.Storage.InMemory;

/// <summary>The order in memory.</summary>
internal sealed class MemoryOrder(MemoryTables tables, TimeProvider time) : IOrderStore
{
    // Commands that a demonstration's memory holds (B1); past it none is taken.
    private const int CommandsMax = 2_000_000;

    public Task<long> TakeOwnershipAsync(string owner, CancellationToken cancellation = default)
    {
        lock (tables.Gate)
        {
            return Task.FromResult(++tables.Term);
        }
    }

    public Task<bool> OwnsAsync(long term, CancellationToken cancellation = default)
    {
        lock (tables.Gate)
        {
            return Task.FromResult(tables.Term == term);
        }
    }

    public Task<CommitOutcome> WriteAsync(long term, IReadOnlyList<ComposedEntry> entries)
    {
        lock (tables.Gate)
        {
            return tables.Changes.Count + entries.Count <= CommandsMax
                ? Task.FromResult(new MemoryCommit(tables).Write_NeedsLock(term, entries))
                : throw new InvalidOperationException($"the memory holds its {CommandsMax} commands: a demonstration ends here");
        }
    }

    public Task<Instant> NowAsync(CancellationToken cancellation = default) => Task.FromResult(Instant.From(time.GetUtcNow()));

    public Task<(long Sequence, ulong Revision)> HeadAsync(CancellationToken cancellation = default)
    {
        lock (tables.Gate)
        {
            return Task.FromResult(tables.Changes.Count == 0 ? (0, 0) : (tables.Changes[^1].Sequence, tables.Changes[^1].Revision));
        }
    }

    public Task<Dictionary<UInt128, LogAnswer>> FindAsync(IEnumerable<UInt128> ids)
    {
        lock (tables.Gate)
        {
            var found = new Dictionary<UInt128, LogAnswer>();
            foreach (var id in ids)
            {
                if (tables.ChangesById.TryGetValue(id, out var answer))
                {
                    found[id] = answer;
                }
            }

            return Task.FromResult(found);
        }
    }

    public Task<List<LogRow>> ReadAsync(long after, long upTo, CancellationToken cancellation = default)
    {
        var rows = new SortedDictionary<long, LogRow>();
        lock (tables.Gate)
        {
            foreach (var line in tables.Feed.Where(line => line.Row.Sequence > after && line.Row.Sequence <= upTo))
            {
                rows.Add(line.Row.Sequence, line.Row);
            }

            foreach (var group in tables.Directory.Where(line => line.Sequence > after && line.Sequence <= upTo).GroupBy(line => line.Sequence))
            {
                var some = group.OrderBy(line => line.Part).Select(line => line.Row).ToArray();
                rows[group.Key] = rows.TryGetValue(group.Key, out var row) ? row with { Directory = some } : new LogRow(group.Key, 1, 0, [], some);
            }
        }

        return Task.FromResult<List<LogRow>>([.. rows.Values]);
    }

    public Task ReadSharesAsync(LogShares shares, CancellationToken cancellation)
    {
        lock (tables.Gate)
        {
            foreach (var line in tables.Feed.Where(line => line.Tenant is not null))
            {
                shares.Add(line.Tenant!, (int)(line.Row.Last - line.Row.First + 1), line.Unknown, line.DropAfter);
            }
        }

        return Task.CompletedTask;
    }

    public Task<long> LatestExpiryAsync()
    {
        lock (tables.Gate)
        {
            return Task.FromResult(tables.Credentials.Values.Select(line => line.ExpiresMs).DefaultIfEmpty(0).Max());
        }
    }
}
