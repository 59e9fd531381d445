using System.Buffers.Binary;
using Fabric.Core.Common;
using Fabric.Engine;
using Fabric.Engine.Notes;
using Fabric.Silo.OAuth;

namespace Fabric.Silo.Federation;

/// <summary>
/// From when on a user's tokens of issuers count again: what was made before the user's sessions were ended opens no new one. Durable, the same at every silo, and kept until nothing that was made before
/// can count any more.
/// </summary>
internal sealed class TokenFloors(IFabricEngine engine, TimeProvider time)
{
    private const string Kind = "user.tokens";
    private const string Owner = "users";
    private const int TriesMax = 3;

    private static readonly TimeSpan KeptFor = IssuedTokens.LifetimeMax + Core.Common.Limits.ClockSkew + TimeSpan.FromMinutes(1);
    private static readonly NoteLimits NoteLimits = new(100_000, 2_000_000);

    /// <summary>What was made at a moment or before does not count. Null: so it is. Refusals: `limit.reached`; `storage.unavailable`.</summary>
    public async ValueTask<Rejection?> RaiseAsync(string tenant, string user, Instant moment, CancellationToken cancellation)
    {
        var (name, until, body) = (NameOf(tenant, user), Instant.From(time.GetUtcNow() + KeptFor), new byte[sizeof(long)]);
        BinaryPrimitives.WriteInt64BigEndian(body, moment.UnixMs);
        for (var tries = 0; tries < TriesMax; tries++)
        {
            var found = await engine.Notes.FindAsync(tenant, Kind, name, cancellation);
            if (!found.IsOk)
            {
                return found.Rejection;
            }
            if (found.Value is not { } known)
            {
                var added = await engine.Notes.AddAsync(new Note(tenant, Kind, name, Owner, null, until, body), NoteLimits, cancellation);
                if (added?.Code != Codes.AlreadyExists)
                {
                    return added;
                }
            }
            else if (MomentOf(known) >= moment)
            {
                return null;
            }
            else
            {
                var replaced = await engine.Notes.ReplaceAsync(known with { Until = until, Body = body }, cancellation);
                if (!replaced.IsOk || replaced.Value is not null)
                {
                    return replaced.Rejection;
                }
            }
        }
        return new Rejection(Codes.StorageUnavailable, "user", "it was changed meanwhile: send it again");
    }

    /// <summary>Whether what was made at a moment does not count.</summary>
    public async ValueTask<Outcome<bool>> IsBelowAsync(string tenant, string user, Instant madeAt, CancellationToken cancellation)
    {
        var found = await engine.Notes.FindAsync(tenant, Kind, NameOf(tenant, user), cancellation);
        return found.IsOk ? found.Value is { } known && madeAt <= MomentOf(known) : found.Rejection;
    }

    private static Instant MomentOf(Note note) => new(BinaryPrimitives.ReadInt64BigEndian(note.Body.Span));

    private static UInt128 NameOf(string tenant, string user) => UseNames.Of(Kind, tenant, user);
}
