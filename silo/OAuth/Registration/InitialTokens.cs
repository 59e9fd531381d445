using Fabric.Core.Common;

namespace Fabric.Silo.OAuth.Registration;

/// <summary>What the initial access tokens of tenants give, and how much of it is left. A token is an API key of role `registrar`; its subject says which of these it is.</summary>
internal sealed class InitialTokens(OAuthNotes notes)
{
    /// <summary>What the subject of such a key begins with; then follows the token's id.</summary>
    public const string SubjectPrefix = "registration.";

    /// <summary>The most tokens of a tenant that have not ended (B1).</summary>
    public const int OfTenantMax = 1_000;

    /// <summary>The most clients of one token (B1).</summary>
    public const int RegistrationsMax = 1_000;

    private const string All = "tokens";
    private const int TriesMax = 32;

    private static readonly Rejection Busy = new(Codes.StorageUnavailable, "token", "too many use this token at once: ask again");

    /// <summary>Keeps a new token. Null: it is kept.</summary>
    public ValueTask<Rejection?> AddAsync(string tenant, InitialToken token, Instant until, CancellationToken cancellation) =>
        notes.Initial.AddAsync(tenant, notes.Initial.NameOf(tenant, token.Id), All, All, until, token, cancellation);

    /// <summary>A token; null: there is none, or it has ended.</summary>
    public ValueTask<Outcome<Held<InitialToken>?>> FindAsync(string tenant, string id, CancellationToken cancellation) => notes.Initial.FindAsync(tenant, id, cancellation);

    /// <summary>A tenant's tokens that have not ended, first those that end first.</summary>
    public ValueTask<Outcome<IReadOnlyList<Held<InitialToken>>>> ListAsync(string tenant, CancellationToken cancellation) => notes.Initial.ListAsync(tenant, All, OfTenantMax, cancellation);

    /// <summary>Whether a tenant has made a token that has not ended. While the store is away nobody registers: then it has none.</summary>
    public async ValueTask<bool> HasAnyAsync(string tenant, CancellationToken cancellation) => await notes.Initial.ListAsync(tenant, All, 1, cancellation) is { IsOk: true, Value.Count: > 0 };

    /// <summary>What the token of this key's subject gives, as long as anything is left of it. Refusal: `invalid_token`.</summary>
    public async ValueTask<Outcome<Held<InitialToken>>> OfSubjectAsync(string tenant, string subject, CancellationToken cancellation)
    {
        if (!subject.StartsWith(SubjectPrefix, StringComparison.Ordinal))
        {
            return RegistrationErrors.BadToken;
        }
        var found = await FindAsync(tenant, subject[SubjectPrefix.Length..], cancellation);
        return !found.IsOk ? found.Rejection
            : found.Value is { Value: { IsRevoked: false, Remaining: > 0 } } held ? held
            : RegistrationErrors.BadToken;
    }

    /// <summary>Takes one registration off a token, durably, before anything is made of it: what fails afterwards is used up all the same. Refusal: `invalid_token`.</summary>
    // INVARIANT B1: of several who use the last one at once, at whatever silos, one goes on.
    public async ValueTask<Outcome<InitialToken>> TakeAsync(string tenant, string subject, CancellationToken cancellation)
    {
        for (var turn = 0; turn < TriesMax; turn++)
        {
            var held = await OfSubjectAsync(tenant, subject, cancellation);
            if (!held.IsOk)
            {
                return held.Rejection;
            }
            var taken = await notes.Initial.ReplaceAsync(held.Value, held.Value.Value with { Remaining = held.Value.Value.Remaining - 1 }, cancellation);
            if (!taken.IsOk || taken.Value is not null)
            {
                return taken.IsOk ? taken.Value!.Value : taken.Rejection;
            }
        }
        return Busy;
    }

    /// <summary>Marks a token as revoked; null: there is none. From then on nothing comes of it, also not of a registration that is under way.</summary>
    public async ValueTask<Outcome<Held<InitialToken>?>> RevokeAsync(string tenant, string id, CancellationToken cancellation)
    {
        for (var turn = 0; turn < TriesMax; turn++)
        {
            var found = await FindAsync(tenant, id, cancellation);
            if (!found.IsOk || found.Value is not { Value.IsRevoked: false } held)
            {
                return found;
            }
            var marked = await notes.Initial.ReplaceAsync(held, held.Value with { IsRevoked = true }, cancellation);
            if (!marked.IsOk || marked.Value is not null)
            {
                return marked;
            }
        }
        return Busy;
    }

    /// <summary>Null: the token still stands. Refusal: `invalid_token`.</summary>
    public async ValueTask<Rejection?> RefuseGoneAsync(string tenant, string id, CancellationToken cancellation)
    {
        var found = await FindAsync(tenant, id, cancellation);
        return !found.IsOk ? found.Rejection : found.Value is { Value.IsRevoked: false } ? null : RegistrationErrors.BadToken;
    }

    /// <summary>Forgets a token.</summary>
    public ValueTask<Outcome<bool>> RemoveAsync(Held<InitialToken> held, CancellationToken cancellation) => notes.Initial.RemoveAsync(held, cancellation);
}
