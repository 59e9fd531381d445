using Fabric.Core.Common;

namespace Fabric.Engine.Notes;

/// <summary>
/// What the host remembers for a while beside the fabric's own state: durable once answered (D1), the same at every silo of a cluster, bounded (B1), and swept once it has expired. A note
/// that has expired is not there. Refusal of each call: `storage.unavailable`.
/// </summary>
public interface INoteStore
{
    /// <summary>The note; null: there is none of this tenant and kind.</summary>
    ValueTask<Outcome<Note?>> FindAsync(string tenant, string kind, UInt128 name, CancellationToken cancellation = default);

    /// <summary>Notes of a kind that are about someone, newest end last, at most so many.</summary>
    ValueTask<Outcome<IReadOnlyList<Note>>> ListAsync(string tenant, string kind, string subject, int most, CancellationToken cancellation = default);

    /// <summary>Remembers a new note. Null: it is. Refusals: `limit.reached`; `node.already_exists` when there is one of this name.</summary>
    ValueTask<Rejection?> AddAsync(Note note, NoteLimits limits, CancellationToken cancellation = default);

    /// <summary>
    /// Puts a note in place of the one of the same name and <see cref="Note.Version"/>, and answers it with the next version; null: that one was changed or is gone. Of several who try
    /// with one version, one succeeds.
    /// </summary>
    ValueTask<Outcome<Note?>> ReplaceAsync(Note note, CancellationToken cancellation = default);

    /// <summary>Forgets a note; false: there was none.</summary>
    ValueTask<Outcome<bool>> RemoveAsync(string tenant, string kind, UInt128 name, CancellationToken cancellation = default);
}
