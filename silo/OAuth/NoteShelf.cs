using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Fabric.Core.Common;
using Fabric.Engine.Notes;

namespace Fabric.Silo.OAuth;

/// <summary>A note with what it says.</summary>
internal sealed record Held<T>(Note Note, T Value);

/// <summary>Notes of one kind, as values. They are asked for by a secret of which the store has the hash alone.</summary>
internal sealed class NoteShelf<T>(INoteStore notes, string kind, NoteLimits limits, JsonTypeInfo<T> type)
    where T : class
{
    /// <summary>The name of what a secret stands for. A tenant's is another's nothing (T1).</summary>
    public UInt128 NameOf(string tenant, string secret) => UseNames.Of(kind, tenant, secret);

    public ValueTask<Outcome<Held<T>?>> FindAsync(string tenant, string secret, CancellationToken cancellation) => FindAsync(tenant, NameOf(tenant, secret), cancellation);

    public async ValueTask<Outcome<Held<T>?>> FindAsync(string tenant, UInt128 name, CancellationToken cancellation)
    {
        var found = await notes.FindAsync(tenant, kind, name, cancellation);
        return found.IsOk ? Outcome<Held<T>?>.Of(found.Value is { } note ? Read(note) : null) : found.Rejection;
    }

    public async ValueTask<Outcome<IReadOnlyList<Held<T>>>> ListAsync(string tenant, string subject, int most, CancellationToken cancellation)
    {
        var found = await notes.ListAsync(tenant, kind, subject, most, cancellation);
        return found.IsOk ? Outcome<IReadOnlyList<Held<T>>>.Of([.. found.Value.Select(Read)]) : found.Rejection;
    }

    /// <summary>Null: it is remembered.</summary>
    public ValueTask<Rejection?> AddAsync(string tenant, UInt128 name, string owner, string? subject, Instant until, T value, CancellationToken cancellation)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(value, type);
        return body.Length <= Note.BodyBytesMax
            ? notes.AddAsync(new Note(tenant, kind, name, owner, subject, until, body), limits, cancellation)
            : new(new Rejection(Codes.TooLarge, kind, $"what is to be remembered has more than {Note.BodyBytesMax} bytes"));
    }

    /// <summary>Null in place of a value: it was changed by somebody else meanwhile, or is gone.</summary>
    public async ValueTask<Outcome<Held<T>?>> ReplaceAsync(Held<T> held, T value, CancellationToken cancellation, Instant? until = null)
    {
        var note = held.Note with { Body = JsonSerializer.SerializeToUtf8Bytes(value, type), Until = until ?? held.Note.Until };
        var replaced = await notes.ReplaceAsync(note, cancellation);
        return replaced.IsOk ? Outcome<Held<T>?>.Of(replaced.Value is { } next ? new Held<T>(next, value) : null) : replaced.Rejection;
    }

    /// <summary>False: it was gone.</summary>
    public ValueTask<Outcome<bool>> RemoveAsync(Held<T> held, CancellationToken cancellation) => notes.RemoveAsync(held.Note.Tenant, kind, held.Note.Name, cancellation);

    private Held<T> Read(Note note) => new(note, JsonSerializer.Deserialize(note.Body.Span, type)!);
}
