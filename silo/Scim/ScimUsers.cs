using System.Text;
using Fabric.Contracts;
using Fabric.Contracts.Common;
using Fabric.Contracts.Revocations;
using Fabric.Contracts.Users;
using Fabric.Core.Common;
using Fabric.Engine;
using Fabric.Engine.Notes;
using Fabric.Silo.OAuth;

namespace Fabric.Silo.Scim;

/// <summary>
/// A tenant's users as an identity provider provisions them. The user's id is its `userName`; what the provider calls it (`externalId`) is a note beside it. A user that has ended is one that is not
/// active, and stays so (S1); one that has ended and has no note is none of the provider's any more.
/// </summary>
internal sealed class ScimUsers(IFabricEngine engine, TimeProvider time)
{
    /// <summary>The most users that are listed without a filter (B1).</summary>
    public const int ListedMax = 10_000;

    private const string Kind = "scim.user";
    private const int PageSize = 1_000;
    private const int SameExternalIdMax = 10;

    // A note of each user: who is held to how many is the user.
    private static readonly NoteLimits NoteLimits = new(1, 1_000_000);
    private static readonly Instant Forever = Instant.From(new DateTimeOffset(9999, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private static readonly Rejection Taken =
        new(ScimErrors.Uniqueness, "userName", "there is, or was, a user of this name, in whatever case of its letters: one that has ended does not come back, and its name is not given again");
    private static readonly Rejection Missing = new(Codes.NotFound, "id", "there is no such user");

    private readonly NewUsers _new = new(engine, time);

    /// <summary>A user. Refusal: `node.not_found`.</summary>
    public async ValueTask<Outcome<ScimUser>> GetAsync(IFabric fabric, string tenant, string user, CancellationToken cancellation)
    {
        var found = await ReadAsync(fabric, tenant, user, cancellation);
        return found is { IsOk: true, Value.IsNobody: true } ? Missing : found;
    }

    /// <summary>
    /// A user that is to be changed or removed. One that has ended and is none of the provider's is missing once its end is durable (D1), and not before: the provider takes what is missing for gone, and
    /// does not ask again.
    /// </summary>
    public async ValueTask<Outcome<ScimUser>> GetToChangeAsync(IFabric fabric, string tenant, string user, CancellationToken cancellation)
    {
        var found = await ReadAsync(fabric, tenant, user, cancellation);
        return found is not { IsOk: true, Value.IsNobody: true } ? found
            : await EndAsync(fabric, found.Value, "SCIM: asked for again", cancellation) is { } refused ? refused
            : Missing;
    }

    private async ValueTask<Outcome<ScimUser>> ReadAsync(IFabric fabric, string tenant, string user, CancellationToken cancellation)
    {
        if (!IdText.IsValid(user))
        {
            return Missing;
        }
        var found = await fabric.GetUserAsync(tenant, user, cancellation);

        // What was made at another silo a moment ago is there.
        if (!found.IsOk && found.Rejection.Code == Codes.NotFound && await engine.CatchUpAsync(cancellation) is var behind)
        {
            found = behind is null ? await fabric.GetUserAsync(tenant, user, cancellation) : behind;
        }
        if (!found.IsOk)
        {
            return found.Rejection.Code == Codes.NotFound ? Missing : found.Rejection;
        }
        var note = await engine.Notes.FindAsync(tenant, Kind, NameOf(tenant, user), cancellation);
        return note.IsOk ? new ScimUser(found.Value, note.Value) : note.Rejection;
    }

    /// <summary>The users that a filter finds.</summary>
    public async ValueTask<Outcome<IReadOnlyList<ScimUser>>> FindAsync(IFabric fabric, string tenant, ScimFilter filter, CancellationToken cancellation)
    {
        var names = new List<string>();
        if (!filter.ByExternalId)
        {
            // RFC 7643 section 4.1.1: a `userName` is the same in whatever case.
            var called = await _new.CalledAsync(tenant, filter.Value, cancellation);
            if (!called.IsOk)
            {
                return called.Rejection;
            }
            names.AddRange(called.Value);
        }
        else if (ScimResource.CheckExternalId(filter.Value) is null)
        {
            var notes = await engine.Notes.ListAsync(tenant, Kind, filter.Value, SameExternalIdMax, cancellation);
            if (!notes.IsOk)
            {
                return notes.Rejection;
            }
            names.AddRange(notes.Value.Select(note => Encoding.UTF8.GetString(note.Body.Span)));
        }
        var users = new List<ScimUser>();
        foreach (var name in names)
        {
            var user = await GetAsync(fabric, tenant, name, cancellation);
            if (user.IsOk)
            {
                users.Add(user.Value);
            }
            else if (user.Rejection.Code != Codes.NotFound)
            {
                return user.Rejection;
            }
        }
        return users;
    }

    /// <summary>All users, by id. Refusal: `tooMany`.</summary>
    public async ValueTask<Outcome<IReadOnlyList<UserInfo>>> ListAsync(IFabric fabric, string tenant, CancellationToken cancellation)
    {
        var (users, seen, cursor) = (new List<UserInfo>(), 0, (string?)null);
        do
        {
            var page = await fabric.ListUsersAsync(tenant, new PageQuery(cursor, PageSize), cancellation);
            if (!page.IsOk)
            {
                return page.Rejection;
            }
            if ((seen += page.Value.Items.Count) > ListedMax)
            {
                return new Rejection(ScimErrors.TooMany, "filter", $"more than {ListedMax} users: look them up by `userName` or `externalId`");
            }
            foreach (var user in page.Value.Items)
            {
                if (user.Status == ScimUser.Ended)
                {
                    // Whether it is the provider's must be known: who is left out of a list is taken for one that is not there.
                    var note = await engine.Notes.FindAsync(tenant, Kind, NameOf(tenant, user.Id), cancellation);
                    if (!note.IsOk)
                    {
                        return note.Rejection;
                    }
                    if (note.Value is null)
                    {
                        continue;
                    }
                }
                users.Add(user);
            }
            cursor = page.Value.Next;
        }
        while (cursor is not null);
        return users;
    }

    /// <summary>A user of a list with what the provider calls it.</summary>
    public async ValueTask<Outcome<ScimUser>> WithNoteAsync(UserInfo user, CancellationToken cancellation)
    {
        var note = await engine.Notes.FindAsync(user.Tenant, Kind, NameOf(user.Tenant, user.Id), cancellation);
        return note.IsOk ? new ScimUser(user, note.Value) : note.Rejection;
    }

    /// <summary>Registers a user. Refusals: `uniqueness`, `invalidValue`.</summary>
    public async ValueTask<Outcome<ScimUser>> CreateAsync(IFabric fabric, string tenant, ScimChange wanted, CancellationToken cancellation)
    {
        if (wanted.Active == false)
        {
            // It would be one that has ended: its name is taken for good, and nothing could ever make it active.
            return new Rejection(ScimErrors.InvalidValue, "active", "a user that is not active is not registered: send it once it is");
        }
        var made = await _new.CreateAsync(fabric, tenant, new CreateUser(wanted.UserName!, wanted.Name), cancellation);
        if (!made.IsOk)
        {
            return made.Rejection.Code == Codes.AlreadyExists ? Taken : made.Rejection;
        }
        return await KeepAsync(new ScimUser(made.Value, null), wanted.ExternalId, cancellation);
    }

    /// <summary>Changes a user. <paramref name="replaces"/>: what is not said falls back (PUT). Refusals: `mutability`, `invalidValue`.</summary>
    public async ValueTask<Outcome<ScimUser>> ChangeAsync(IFabric fabric, ScimUser user, ScimChange wanted, bool replaces, CancellationToken cancellation)
    {
        // INVARIANT R1: whoever has left may have been given another name by the provider, in the same breath: the end counts, whatever else is said.
        if (wanted.Active != false && wanted.UserName is { } userName && !userName.Equals(user.Info.Id, StringComparison.OrdinalIgnoreCase))
        {
            return new Rejection(ScimErrors.Mutability, "userName", "a user's name stands in what was issued for it: it does not change");
        }

        // INVARIANT S1: nothing comes back to life.
        if (user.IsEnded && wanted.Active == true)
        {
            return new Rejection(ScimErrors.Mutability, "active", "the user has ended for good: a new one has another name");
        }
        var (tenant, id) = (user.Info.Tenant, user.Info.Id);
        if (wanted.Active == false)
        {
            // First of all, whatever else is wanted. Also of one that has ended: the end may not be durable yet, and it is what the answer says (D1).
            if (await EndAsync(fabric, user, "SCIM: active is false", cancellation) is { } refused)
            {
                return refused;
            }
            user = user with { Info = user.Info with { Status = ScimUser.Ended } };
        }
        var name = wanted.Name ?? (wanted.ForgetsName || replaces ? id : user.Info.Name);
        if (!user.IsEnded && name != user.Info.Name)
        {
            var changed = await fabric.UpdateUserAsync(tenant, id, new UpdateUser(name), cancellation);
            if (!changed.IsOk)
            {
                return changed.Rejection;
            }
            user = user with { Info = changed.Value };
        }
        return await KeepAsync(user, wanted.ExternalId ?? (wanted.ForgetsExternalId || replaces ? null : user.ExternalId), cancellation);
    }

    /// <summary>Ends a user, and forgets it: to the provider there is none any more. Null: it is done.</summary>
    public async ValueTask<Rejection?> RemoveAsync(IFabric fabric, ScimUser user, CancellationToken cancellation)
    {
        if (await EndAsync(fabric, user, "SCIM: deleted", cancellation) is { } refused)
        {
            return refused;
        }
        var removed = await engine.Notes.RemoveAsync(user.Info.Tenant, Kind, NameOf(user.Info.Tenant, user.Info.Id), cancellation);
        return removed.Rejection;
    }

    private static async ValueTask<Rejection?> EndAsync(IFabric fabric, ScimUser user, string reason, CancellationToken cancellation)
    {
        var receipt = await fabric.OffboardUserAsync(user.Info.Tenant, user.Info.Id, new EndNode(reason), cancellation);
        return !receipt.IsOk ? receipt.Rejection
            : receipt.Value.Durable ? null
            : new Rejection(Codes.StorageUnavailable, "active", "it is denied, and not durable yet: send it again");
    }

    private async ValueTask<Outcome<ScimUser>> KeepAsync(ScimUser user, string? externalId, CancellationToken cancellation)
    {
        if (user.Note is { } known)
        {
            if (known.Subject == externalId)
            {
                return user;
            }
            var replaced = await engine.Notes.ReplaceAsync(known with { Subject = externalId }, cancellation);
            return !replaced.IsOk ? replaced.Rejection
                : replaced.Value is { } note ? user with { Note = note }
                : new Rejection(Codes.StorageUnavailable, "externalId", "the user was changed meanwhile: send it again");
        }
        var made = new Note(user.Info.Tenant, Kind, NameOf(user.Info.Tenant, user.Info.Id), user.Info.Id, externalId, Forever, Encoding.UTF8.GetBytes(user.Info.Id));
        return await engine.Notes.AddAsync(made, NoteLimits, cancellation) is { } refused
            ? refused.Code == Codes.AlreadyExists ? new Rejection(Codes.StorageUnavailable, "externalId", "the user was changed meanwhile: send it again") : refused
            : user with { Note = made };
    }

    private static UInt128 NameOf(string tenant, string user) => UseNames.Of(Kind, tenant, user);
}
