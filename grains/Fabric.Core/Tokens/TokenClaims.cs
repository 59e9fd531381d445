using Fabric.Core.Common;
using Fabric.Core.Lineages;
using Fabric.Core.Scopes;

namespace Fabric.Core.Tokens;

/// <summary>What a credential states (RFC 9068 names where there is one). Immutable; equal by content.</summary>
public sealed record TokenClaims
{
    /// <summary>The most actors of a chain (B1): eight delegations and some room.</summary>
    public const int ActorsMax = 16;

    /// <summary>The most characters of <see cref="Issuer"/> and of <see cref="Audience"/> (B1).</summary>
    public const int NameLengthMax = 256;

    /// <summary>`iss`: who issued it. Plain text.</summary>
    public required string Issuer { get; init; }

    /// <summary>`tenant`: the tenant whose key signs it. An id.</summary>
    public required string Tenant { get; init; }

    /// <summary>`sub`: the user whom the agent acts for; without one the agent. An id.</summary>
    public required string Subject { get; init; }

    /// <summary>`client_id`: the agent. An id.</summary>
    public required string ClientId { get; init; }

    /// <summary>`sid`: the session.</summary>
    public required UInt128 SessionId { get; init; }

    /// <summary>`jti`: the credential.</summary>
    public required UInt128 CredentialId { get; init; }

    /// <summary>`iat`: cut to the second in the token.</summary>
    public required Instant IssuedAt { get; init; }

    /// <summary>`exp`: cut to the second in the token, so that it is never later than what was granted (S2).</summary>
    public required Instant ExpiresAt { get; init; }

    /// <summary>`aud`: whom it is for. Plain text.</summary>
    public required string Audience { get; init; }

    /// <summary>`lin`: all that its authority comes from; the last node is the credential itself.</summary>
    public required Lineage Lineage { get; init; }

    /// <summary>`authorization_details` (RFC 9396): what it allows.</summary>
    public required ScopeSet Scopes { get; init; }

    /// <summary>`act`: the agent that acts now, then the one that delegated to it, and so on. Empty when nothing was delegated.</summary>
    public IReadOnlyList<TokenActor> Actors { get; init; } = [];

    /// <summary>
    /// `status.status_list.uri` (draft-ietf-oauth-status-list): written when it is set; not read, since who holds the token's lineage has it.
    /// </summary>
    public string? StatusUri { get; init; }

    /// <summary>`cnf.jkt` (RFC 9449 section 6.1): the thumbprint of the key whose holder alone may use the token; null: whoever bears it.</summary>
    public string? ProofKey { get; init; }

    /// <summary>The user whom the agent acts for, by the lineage where user and agent are called the same; null: nobody.</summary>
    public string? User => Subject != ClientId || HasUser(Lineage.Nodes) ? Subject : null;

    /// <inheritdoc/>
    public bool Equals(TokenClaims? other) =>
        other is not null && Issuer == other.Issuer && Tenant == other.Tenant && Subject == other.Subject && ClientId == other.ClientId
        && SessionId == other.SessionId && CredentialId == other.CredentialId && IssuedAt == other.IssuedAt && ExpiresAt == other.ExpiresAt
        && Audience == other.Audience && Lineage.Equals(other.Lineage) && Scopes.Equals(other.Scopes) && Actors.SequenceEqual(other.Actors) && ProofKey == other.ProofKey;

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Tenant, SessionId, CredentialId);

    private static bool HasUser(ReadOnlySpan<LineageNode> nodes)
    {
        foreach (var node in nodes)
        {
            if (node.Kind == NodeKind.User)
            {
                return true;
            }
        }

        return false;
    }
}
