using Fabric.Core.Common;
using Fabric.Engine;

namespace Fabric.Silo.OAuth.Interaction;

/// <summary>Who has signed in: <paramref name="Secret"/> is what its browser holds, and forms are bound to.</summary>
internal sealed record Login(string Tenant, string User, string Name, bool Approves, string Secret, Held<LoginSession> Held)
{
    /// <summary>The user as a caller of the fabric.</summary>
    public Caller Caller => new(Role.User, Tenant, User) { IsConsentOnly = Held.Value.Proof.IsConsentOnly };

    /// <summary>Without the secret: a log is no place for it.</summary>
    public override string ToString() => $"{nameof(Login)} {{ {User} }}";
}

/// <summary>
/// Logins of users. Whatever proves who a user is opens one here (<see cref="OpenAsync"/>); at each request it is looked up anew whether the user still stands, so that a revocation, a lock or
/// another password ends it.
/// </summary>
internal sealed class Logins(IFabricEngine engine, OAuthNotes notes, PageCookies cookies, TimeProvider time)
{
    /// <summary>How long a login lasts, whatever is done with it.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromHours(8);

    /// <summary>The login that a request comes with; null: none that stands. Refusal: it cannot be known now.</summary>
    public async ValueTask<Outcome<Login?>> FindAsync(HttpContext context, string tenant)
    {
        if (cookies.LoginOf(context, tenant) is not { } secret)
        {
            return Outcome<Login?>.Of(null);
        }
        var found = await notes.Logins.FindAsync(tenant, secret, context.RequestAborted);
        if (!found.IsOk || found.Value is not { } held)
        {
            return found.IsOk ? Outcome<Login?>.Of(null) : found.Rejection;
        }

        // INVARIANT R1: by the index, at this moment.
        var standing = engine.SignInOf(tenant, held.Value.User);
        if (standing.Refusal is { Code: Codes.StorageUnavailable } unknown)
        {
            return unknown;
        }
        var proof = held.Value.Proof;
        var holds = proof.Holds(engine, tenant, standing);
        return !holds.IsOk ? holds.Rejection
            : Outcome<Login?>.Of(standing.Refusal is null && standing.Generations == held.Value.Generations && holds.Value
                ? new Login(tenant, held.Value.User, standing.Name, !proof.IsConsentOnly && standing.SignIn is { Approves: true }, secret, held)
                : null);
    }

    /// <summary>
    /// Opens a login for a user who has proven who it is, and gives it to the browser.
    /// </summary>
    public async ValueTask<Rejection?> OpenAsync(HttpContext context, string tenant, string user, SignInStanding standing, LoginProof proof)
    {
        if (standing.Refusal is { } refused)
        {
            return refused;
        }

        // A new secret at each login: one that was planted in a browser before is worth nothing.
        var (secret, now) = (PageSecrets.Make(), Instant.From(time.GetUtcNow()));
        var session = new LoginSession(user, standing.Generations, proof.Method, proof.Stamp, now.UnixMs);
        var added = await notes.Logins.AddAsync(tenant, notes.Logins.NameOf(tenant, secret), user, user, now + Lifetime, session, context.RequestAborted);
        if (added is null)
        {
            cookies.SetLogin(context, tenant, secret, Lifetime);
        }
        return added;
    }

    /// <summary>Ends a login.</summary>
    public async ValueTask CloseAsync(HttpContext context, Login login)
    {
        cookies.DropLogin(context, login.Tenant);
        await notes.Logins.RemoveAsync(login.Held, context.RequestAborted);
    }
}
