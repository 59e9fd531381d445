using Fabric.Core.Common;
using Fabric.Engine.Notes;

namespace Fabric.Silo.Tests;

/// <summary>Another store of notes, but for what a test has answered instead.</summary>
internal sealed class RelayedNotes(INoteStore inner) : INoteStore
{
    /// <summary>Why notes of a kind cannot be read; null: they can.</summary>
    public Func<string, Rejection?> Reading { get; set; } = _ => null;

    /// <summary>Why notes of a kind cannot be added; null: they can.</summary>
    public Func<string, Rejection?> Adding { get; set; } = _ => null;

    public ValueTask<Outcome<Note?>> FindAsync(string tenant, string kind, UInt128 name, CancellationToken cancellation = default) =>
        Reading(kind) is { } refused ? new(refused) : inner.FindAsync(tenant, kind, name, cancellation);

    public ValueTask<Outcome<IReadOnlyList<Note>>> ListAsync(string tenant, string kind, string subject, int most, CancellationToken cancellation = default) =>
        Reading(kind) is { } refused ? new(refused) : inner.ListAsync(tenant, kind, subject, most, cancellation);

    public ValueTask<Rejection?> AddAsync(Note note, NoteLimits limits, CancellationToken cancellation = default) =>
        Adding(note.Kind) is { } refused ? new(refused) : inner.AddAsync(note, limits, cancellation);

    public ValueTask<Outcome<Note?>> ReplaceAsync(Note note, CancellationToken cancellation = default) => inner.ReplaceAsync(note, cancellation);

    public ValueTask<Outcome<bool>> RemoveAsync(string tenant, string kind, UInt128 name, CancellationToken cancellation = default) => inner.RemoveAsync(tenant, kind, name, cancellation);
}
