using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Fabric.Contracts.Sessions;
using Fabric.Core.Common;
using Fabric.Engine;

namespace Fabric.Silo.OAuth.Authorize;

/// <summary>
/// The authorization code grant (RFC 6749 section 4.1.3, RFC 7636 section 4.6): a code becomes the session that a user said yes to, asked for by the client that shows it and approved by that
/// user. A code is shown once. Shown again, by whomever, it ends the session that it gave (section 4.1.2).
/// </summary>
internal sealed class AuthorizationCodeGrant(IFabricEngine engine, OAuthNotes notes, SessionEnds ends, TimeProvider time)
{
    private const int VerifierLengthMin = 43;
    private const int VerifierLengthMax = 128;

    // For as long as a second use is looked for.
    private static readonly TimeSpan UsedKept = TimeSpan.FromMinutes(10);

    private static readonly Rejection Invalid = new(
        OAuthErrors.InvalidGrant, "code", "the code is not known, was used or is over, or it is not this client's, redirect_uri's, code_verifier's or key's");

    /// <summary>The session that a code stands for.</summary>
    public async ValueTask<Outcome<Granted>> RedeemAsync(Caller client, GrantRequest asked, Form form, string? proofKey, CancellationToken cancellation)
    {
        if (CheckForm(form, asked) is { } bad)
        {
            return bad;
        }
        var tenant = client.Tenant!;
        var found = await notes.Codes.FindAsync(tenant, form["code"]!, cancellation);
        if (!found.IsOk || found.Value is not { } held)
        {
            return found.IsOk ? Invalid : found.Rejection;
        }
        if (held.Value.IsUsed)
        {
            return await ReplayedAsync(held, CancellationToken.None) ?? Invalid;
        }

        // Another client's mistake or theft takes nothing from whose code it is. Nor does the client's own name alone, where the client proves itself (docs/decisions/0057).
        if (held.Value.Client != client.Subject || held.Value.IsPublic != client.IsPublic)
        {
            return Invalid;
        }

        // INVARIANT S1: taken before anything else is judged, so that of several who show it at once one goes on, and a wrong guess at the verifier is the last.
        var taken = await notes.Codes.ReplaceAsync(held, held.Value with { IsUsed = true }, cancellation, Instant.From(time.GetUtcNow()) + UsedKept);
        if (!taken.IsOk)
        {
            return taken.Rejection;
        }
        if (taken.Value is not { } mine)
        {
            var other = await notes.Codes.FindAsync(tenant, form["code"]!, cancellation);
            return other is { IsOk: true, Value: { } used } ? await ReplayedAsync(used, CancellationToken.None) ?? Invalid : other.Rejection ?? Invalid;
        }

        // The code is used up: a client that goes away now must not leave a session behind that the code does not name.
        return IsProven(mine.Value, form, proofKey) ? await OpenAsync(client, mine, asked, proofKey, CancellationToken.None) : Invalid;
    }

    private static Rejection? CheckForm(Form form, GrantRequest asked) =>
        form["code"] is null ? Bad("code", "code is missing")
        : form["redirect_uri"] is null ? Bad("redirect_uri", "redirect_uri is missing")
        : form["code_verifier"] is not { Length: >= VerifierLengthMin and <= VerifierLengthMax } verifier || !IsVerifier(verifier)
            ? Bad("code_verifier", $"a code_verifier of {VerifierLengthMin} to {VerifierLengthMax} unreserved characters is needed (RFC 7636 section 4.1)")
        : asked.Scopes is not null || asked.Session is not null || asked.Purpose is not null || asked.LifetimeSeconds is not null
            ? Bad("scope", "what the code is for was said when the user was asked")
        : null;

    private static bool IsVerifier(string text) => text.All(symbol => char.IsAsciiLetterOrDigit(symbol) || symbol is '-' or '.' or '_' or '~');

    // Each is compared, whatever the others say.
    private static bool IsProven(AuthorizationCode code, Form form, string? proofKey)
    {
        var challenge = Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(form["code_verifier"]!)));
        var isVerified = CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(challenge), Encoding.ASCII.GetBytes(code.Challenge));
        return isVerified && form["redirect_uri"] == code.RedirectUri && (code.DpopKey is null || code.DpopKey == proofKey);
    }

    private async ValueTask<Outcome<Granted>> OpenAsync(Caller client, Held<AuthorizationCode> held, GrantRequest asked, string? proofKey, CancellationToken cancellation)
    {
        var (tenant, code) = (client.Tenant!, held.Value);

        // RFC 8707 section 2.2: no other resource than the user was shown.
        if (asked.Audience is not null && asked.Audience != code.Audience)
        {
            return new Rejection(OAuthErrors.InvalidTarget, "resource", "the resource is not the one that the user said yes to");
        }

        if (await CheckStandingAsync(client, code, cancellation) is { } gone)
        {
            return gone;
        }

        // RFC 8707 section 2.2, RFC 9449 section 5: the session itself is held to what the user was shown and to the key that was proven, by whatever way its agent asks for a token of it.
        var opened = await engine.As(client).OpenSessionAsync(
            tenant, new OpenSession(client.Subject, code.Purpose, code.Scopes, code.User, code.LifetimeSeconds, RequireApproval: true, code.Audience, proofKey), cancellation);
        if (!opened.IsOk)
        {
            return opened.Rejection;
        }

        // INVARIANT S1: anybody can be a public client, also who has made the user's password: that yes is never an approval.
        var approved = await engine.As(new Caller(Role.User, tenant, code.User) { IsConsentOnly = code.Proof!.IsConsentOnly || client.IsPublic }).ApproveSessionAsync(
            opened.Value.Id, new ApproveSession($"by authorization code; signed in by {code.Proof.Method}"), cancellation);
        if (!approved.IsOk)
        {
            await ends.EndAsync(tenant, opened.Value.Id, "the user's yes was not taken", cancellation);
            return approved.Rejection.Code is Codes.Forbidden or Codes.ApprovalBySelf or Codes.NotFound
                ? new Rejection(OAuthErrors.InvalidGrant, "code", approved.Rejection.Detail)
                : approved.Rejection;
        }

        // INVARIANT R1: what was revoked since the look before: the session was opened after it, and stands.
        if (await CheckStandingAsync(client, code, cancellation) is { } late)
        {
            return await ends.EndAsync(tenant, opened.Value.Id, "what the user's yes stood on was revoked while it was opened", cancellation) ?? late;
        }

        // Before a token is: whoever shows the code again from now on finds the session that has to end.
        var noted = await notes.Codes.ReplaceAsync(held, code with { Session = opened.Value.Id }, cancellation);
        if (noted is { IsOk: true, Value: not null })
        {
            return new Granted(opened.Value.Id, null, code.Audience, code.User);
        }
        await ends.EndAsync(tenant, opened.Value.Id, "its authorization code was shown twice", cancellation);
        return noted.Rejection ?? Invalid;
    }

    // INVARIANT R1: what was revoked between the yes and this moment was revoked with it: a raised generation ends the yes that was given under the one before.
    private async ValueTask<Rejection?> CheckStandingAsync(Caller client, AuthorizationCode code, CancellationToken cancellation)
    {
        var standing = engine.SignInOf(client.Tenant!, code.User);
        var agent = await engine.As(client).GetAgentAsync(client.Tenant!, client.Subject, cancellation);
        if (standing.Refusal is not null || !agent.IsOk)
        {
            return standing.Refusal?.Code == Codes.StorageUnavailable ? standing.Refusal : agent.Rejection is { } refused && standing.Refusal is null ? refused : Invalid;
        }

        // A password that was changed, or an issuer that is not trusted any more, ends the yes that was given by it too.
        var holds = code.Proof is { } proof ? proof.Holds(engine, client.Tenant!, standing) : false;
        return holds.IsOk && holds.Value && standing.Generations == code.Generations && agent.Value.Generation == code.AgentGeneration ? null : holds.Rejection ?? Invalid;
    }

    // Null: what there was to end is ended.
    private async ValueTask<Rejection?> ReplayedAsync(Held<AuthorizationCode> held, CancellationToken cancellation)
    {
        for (var next = held; !next.Value.IsReplayed || next.Value.Session is not null;)
        {
            if (next.Value.Session is { } session)
            {
                return await ends.EndAsync(held.Note.Tenant, session, "its authorization code was shown twice", cancellation);
            }

            // The first use is on its way: it finds this mark, and ends what it has opened.
            var marked = await notes.Codes.ReplaceAsync(next, next.Value with { IsReplayed = true }, cancellation);
            if (!marked.IsOk || marked.Value is not null)
            {
                return marked.Rejection;
            }
            var again = await notes.Codes.FindAsync(held.Note.Tenant, held.Note.Name, cancellation);
            if (!again.IsOk || again.Value is not { } changed)
            {
                return again.Rejection;
            }
            next = changed;
        }
        return null;
    }

    private static Rejection Bad(string subject, string detail) => new(OAuthErrors.InvalidRequest, subject, detail);
}
