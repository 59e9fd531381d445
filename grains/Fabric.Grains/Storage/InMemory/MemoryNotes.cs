using Fabric.Core.Common;
using Fabric.Engine.Notes;

namespace Fabric.Grains.Storage.InMemory;

/// <summary>Notes in memory, the same for all silos of the process.</summary>
internal sealed class MemoryNotes(MemoryTables tables, TimeProvider time) : INoteStore
{
    private Instant Now => Instant.From(time.GetUtcNow());

    public ValueTask<Outcome<Note?>> FindAsync(string tenant, string kind, UInt128 name, CancellationToken cancellation = default)
    {
        lock (tables.Gate)
        {
            return new(Outcome<Note?>.Of(Live_NeedsLock(tenant, kind, name)));
        }
    }

    public ValueTask<Outcome<IReadOnlyList<Note>>> ListAsync(string tenant, string kind, string subject, int most, CancellationToken cancellation = default)
    {
        lock (tables.Gate)
        {
            var now = Now;
            return new(Outcome<IReadOnlyList<Note>>.Of([
                .. tables.Notes.Values.Where(note => note.Tenant == tenant && note.Kind == kind && note.Subject == subject && note.Until > now).OrderBy(note => note.Until).Take(most),
            ]));
        }
    }

    public ValueTask<Rejection?> AddAsync(Note note, NoteLimits limits, CancellationToken cancellation = default)
    {
        lock (tables.Gate)
        {
            var (now, all, own) = (Now, 0, 0);
            foreach (var held in tables.Notes.Values.Where(held => held.Kind == note.Kind))
            {
                all++;
                own += held.Tenant == note.Tenant && held.Owner == note.Owner && held.Until > now ? 1 : 0;
            }

            // What has expired under the same name makes room for it.
            var isFree = !tables.Notes.TryGetValue(note.Name, out var named) || named.Until <= now;
            if (all < limits.AllMax && own < limits.OwnerMax && isFree)
            {
                tables.Notes[note.Name] = note;
                return default;
            }

            return new(all < limits.AllMax && Live_NeedsLock(note.Tenant, note.Kind, note.Name) is not null
                ? new Rejection(Codes.AlreadyExists, note.Kind, "there is one of this name")
                : new Rejection(Codes.LimitReached, note.Owner, "too many of these are held at once: wait for some to end"));
        }
    }

    public ValueTask<Outcome<Note?>> ReplaceAsync(Note note, CancellationToken cancellation = default)
    {
        lock (tables.Gate)
        {
            if (Live_NeedsLock(note.Tenant, note.Kind, note.Name)?.Version != note.Version)
            {
                return new(Outcome<Note?>.Of(null));
            }

            var next = note with { Version = note.Version + 1 };
            tables.Notes[note.Name] = next;
            return new(Outcome<Note?>.Of(next));
        }
    }

    public ValueTask<Outcome<bool>> RemoveAsync(string tenant, string kind, UInt128 name, CancellationToken cancellation = default)
    {
        lock (tables.Gate)
        {
            return new(Outcome<bool>.Of(Live_NeedsLock(tenant, kind, name) is not null && tables.Notes.Remove(name)));
        }
    }

    private Note? Live_NeedsLock(string tenant, string kind, UInt128 name) =>
        tables.Notes.TryGetValue(name, out var note) && note.Tenant == tenant && note.Kind == kind && note.Until > Now ? note : null;
}
