using Fabric.Contracts;
using Fabric.Contracts.Users;
using Fabric.Core.Common;
using Fabric.Engine;
using Fabric.Engine.Notes;
using Fabric.Silo.OAuth;

namespace Fabric.Silo.Scim;

/// <summary>
/// Registers users whose names are the same in whatever case of their letters. Ids are exact, so nothing but the order of things keeps two apart: who registers one holds its name, at all silos, from
/// before it looks whether there is such a user until there is one.
/// </summary>
internal sealed class NewUsers(IFabricEngine engine, TimeProvider time)
{
    /// <summary>How long a name is held by one that has come to nothing: much longer than a registration takes.</summary>
    public static readonly TimeSpan HeldFor = TimeSpan.FromMinutes(2);

    private const string Kind = "user.name";
    private const string Owner = "names";
    private const int SameNameMax = 10;

    // INVARIANT B1: registrations of a tenant that are under way at once.
    private static readonly NoteLimits Limits = new(1_000, 100_000);
    private static readonly Rejection Taken = new(Codes.AlreadyExists, "id", "there is, or was, a user of this name, in whatever case of its letters");
    private static readonly Rejection Busy = new(Codes.StorageUnavailable, "id", "a user of this name is being registered: send it again");

    /// <summary>
    /// The ids that a name is in whatever case, itself first. More than one there are only where somebody else has made them so. Refusals: `storage.unavailable`, `check.unavailable`.
    /// </summary>
    public async ValueTask<Outcome<IReadOnlyList<string>>> CalledAsync(string tenant, string name, CancellationToken cancellation)
    {
        if (!IdText.IsValid(name))
        {
            return Outcome<IReadOnlyList<string>>.Of([]);
        }
        var known = engine.UsersCalled(tenant, name);

        // What was made at another silo a moment ago is there.
        if (known.Count == 0 && await engine.CatchUpAsync(cancellation) is var behind)
        {
            if (behind is not null)
            {
                return behind;
            }
            known = engine.UsersCalled(tenant, name);
        }
        return Outcome<IReadOnlyList<string>>.Of([.. known.Take(SameNameMax)]);
    }

    /// <summary>
    /// Registers a user by the caller's own rights. Refusals: `node.already_exists`, when there is one of this name in whatever case; `storage.unavailable`, also while one is being registered; those of the command.
    /// </summary>
    public async ValueTask<Outcome<UserInfo>> CreateAsync(IFabric fabric, string tenant, CreateUser command, CancellationToken cancellation)
    {
        // What is none leaves nothing behind.
        if (!IdText.IsValid(command.Id))
        {
            return await fabric.CreateUserAsync(tenant, command, cancellation);
        }
        var held = new Note(tenant, Kind, UseNames.Of(Kind, tenant, command.Id.ToLowerInvariant()), Owner, null, Instant.From(time.GetUtcNow() + HeldFor), ReadOnlyMemory<byte>.Empty);
        if (await engine.Notes.AddAsync(held, Limits, cancellation) is { } refused)
        {
            return refused.Code != Codes.AlreadyExists ? refused : await IsTakenAsync(fabric, tenant, command.Id, cancellation) ?? Busy;
        }

        // From here on to the end, whoever goes away meanwhile: what has become of it is known before the name is given back.
        var made = await IsTakenAsync(fabric, tenant, command.Id, CancellationToken.None) is { } taken ? taken : await fabric.CreateUserAsync(tenant, command, CancellationToken.None);
        if (made.IsOk || made.Rejection.Code is not (Codes.StorageUnavailable or Codes.CheckUnavailable))
        {
            await engine.Notes.RemoveAsync(tenant, Kind, held.Name, CancellationToken.None);
        }
        return made;
    }

    private async ValueTask<Rejection?> IsTakenAsync(IFabric fabric, string tenant, string name, CancellationToken cancellation)
    {
        var called = await CalledAsync(tenant, name, cancellation);
        if (!called.IsOk)
        {
            return called.Rejection;
        }
        foreach (var one in called.Value)
        {
            // INVARIANT T1: by the caller's own rights: whose the tenant is not learns nothing of its users.
            var found = await fabric.GetUserAsync(tenant, one, cancellation);
            if (found.IsOk || found.Rejection.Code != Codes.NotFound)
            {
                return found.Rejection ?? Taken;
            }
        }
        return null;
    }
}
