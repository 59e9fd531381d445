using System.Security.Cryptography;
using System.Text;
using Fabric.Core.Common;
using Fabric.Core.Issuers;
using Fabric.Core.Users;
using Fabric.Engine;

namespace Fabric.Silo.OAuth.Interaction;

/// <summary>What a user has proven itself by: a password, or an issuer. <paramref name="Stamp"/>: which password, which issuer, so that another one ends what was begun with it.</summary>
internal sealed record LoginProof(string Method, string Stamp)
{
    private const string Password = "password";
    private const string IssuerPrefix = "issuer:";

    /// <summary>Whether the user's yes is a consent and never an approval (S1): whoever trusts an issuer can be any user.</summary>
    public bool IsConsentOnly => Method != Password;

    /// <summary>By a password. Its salt is made anew with each, and says nothing of it.</summary>
    public static LoginProof Of(UserSignIn signIn) => new(Password, Convert.ToHexStringLower(signIn.Salt.Span));

    /// <summary>By an issuer, as it is trusted now: with other keys or another secret (each setting is another, also of a client that has none) it is one that has to prove the user anew.</summary>
    public static LoginProof Of(TrustedIssuer issuer)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var part in (string?[])[issuer.Issuer, issuer.Login?.ClientId, issuer.SubjectClaim, issuer.JwksUri, issuer.Jwks, string.Join(' ', issuer.Algorithms)])
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"{part?.Length ?? -1}:{part}\n"));
        }
        hash.AppendData((issuer.Login?.SealedSecret ?? default).Span);
        return new(IssuerPrefix + issuer.Id, Convert.ToHexStringLower(hash.GetHashAndReset().AsSpan(0, 16)));
    }

    /// <summary>Whether it still proves: the password is that one, the issuer is trusted for this. Refusal: it cannot be known now.</summary>
    public Outcome<bool> Holds(IFabricEngine engine, string tenant, SignInStanding standing)
    {
        if (Method == Password)
        {
            return standing.SignIn is { } own && Of(own) == this;
        }
        var trusted = engine.IssuersOf(tenant);
        return trusted.IsOk ? trusted.Value.Any(issuer => issuer.Kind == IssuerKind.Login && Of(issuer) == this) : trusted.Rejection;
    }
}
