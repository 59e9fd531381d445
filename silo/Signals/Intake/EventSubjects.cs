using System.Text.Json;
using Fabric.Core.Common;
using Fabric.Core.Tokens;

namespace Fabric.Silo.Signals.Intake;

/// <summary>Whom an event may be about: the ids that its subject identifiers (RFC 9493) have for a user. Whether there is such a user is looked up by who asks.</summary>
internal static class EventSubjects
{
    /// <summary>The most that one event may be about (B1): of more it is refused, since to end some of them would be to lose the others.</summary>
    public const int UsersMax = 32;

    private const string Account = "acct:";

    /// <summary>
    /// The ids; null: more than <see cref="UsersMax"/>. <paramref name="speaksFor"/>: whether a subject of this issuer is one of the tenant's; another issuer's of the same name is somebody else.
    /// </summary>
    public static IReadOnlyList<EventSubject>? UsersOf(JsonElement claims, JsonElement fields, Func<string, bool> speaksFor)
    {
        var users = new List<EventSubject>();

        // SSF 1.0 section 3 has the subject beside the events; before, it stood in each (`subject`), or was the token's own (`sub`).
        if (claims.TryGetProperty("sub_id", out var subject) || fields.TryGetProperty("subject", out subject))
        {
            Add(users, subject, speaksFor, inComplex: false, inAliases: false);
        }
        else if (ForeignJwt.Text(claims, "sub") is { } own)
        {
            users.Add(new EventSubject(own, IsAddress: false));
        }
        EventSubject[] valid = [.. users.Where(subject => IdText.IsValid(subject.User)).Distinct()];
        return valid.Length <= UsersMax ? valid : null;
    }

    private static void Add(List<EventSubject> users, JsonElement subject, Func<string, bool> speaksFor, bool inComplex, bool inAliases)
    {
        if (subject.ValueKind != JsonValueKind.Object)
        {
            return;
        }
        switch ((ForeignJwt.Text(subject, "format") ?? ForeignJwt.Text(subject, "subject_type") ?? "").Replace('-', '_'))
        {
            case "iss_sub" when ForeignJwt.Text(subject, "iss") is { } issuer && speaksFor(issuer):
                Add(users, ForeignJwt.Text(subject, "sub"), isAddress: false);
                break;
            case "email":
                Add(users, ForeignJwt.Text(subject, "email"), isAddress: true);
                break;
            case "opaque":
                Add(users, ForeignJwt.Text(subject, "id"), isAddress: false);
                break;
            case "account" when ForeignJwt.Text(subject, "uri") is { } uri && uri.StartsWith(Account, StringComparison.OrdinalIgnoreCase):
                Add(users, uri[Account.Length..], isAddress: true);
                break;
            case "aliases" when !inAliases && subject.TryGetProperty("identifiers", out var identifiers) && identifiers.ValueKind == JsonValueKind.Array:
                foreach (var identifier in identifiers.EnumerateArray())
                {
                    Add(users, identifier, speaksFor, inComplex: true, inAliases: true);
                }
                break;

            // Of a subject of several parts the user is the one that the fabric knows; devices and sessions of others have no counterpart here.
            case "complex" or "" when !inComplex && subject.TryGetProperty("user", out var user):
                Add(users, user, speaksFor, inComplex: true, inAliases);
                break;
        }
    }

    private static void Add(List<EventSubject> users, string? id, bool isAddress)
    {
        if (id is not null)
        {
            users.Add(new EventSubject(id, isAddress));
        }
    }
}
