using System.Security.Cryptography;
using System.Text;
using Fabric.Core.Common;
using Fabric.Core.Issuers;

namespace Fabric.Engine.Commands;

/// <summary>The fabric's own secrets at the issuers at which users sign in: sealed before they are part of anything that is stored, opened when the issuer is asked.</summary>
internal sealed class LoginSecrets(KeySealer sealer)
{
    private const string Purpose = "login-secret";

    /// <summary>
    /// The issuer with its client's secret sealed; null: the client has none, and gets a mark. Either way it is another one than was set before, so that what was proven under that one ends.
    /// </summary>
    internal Outcome<TrustedIssuer> Seal(string tenant, Outcome<TrustedIssuer> issuer, string? secret)
    {
        if (!issuer.IsOk || issuer.Value.Login is not { } login)
        {
            return issuer;
        }

        if (secret is null)
        {
            return issuer.Value with { Login = login with { SealedSecret = RandomNumberGenerator.GetBytes(LoginClient.MarkBytes) } };
        }

        if (!LoginClient.IsText(secret))
        {
            return new Rejection(Codes.InvalidField, "clientSecret", $"a client's secret has 1 to {LoginClient.TextLengthMax} printable characters without spaces");
        }

        var bytes = Encoding.ASCII.GetBytes(secret);
        var named = issuer.Value with { Login = login with { SealedSecret = sealer.Seal(bytes, Purpose, tenant, NameOf(issuer.Value, login)) } };
        CryptographicOperations.ZeroMemory(bytes);
        return named;
    }

    /// <summary>The secret; null: there is none.</summary>
    internal Outcome<string?> Open(string tenant, TrustedIssuer issuer)
    {
        if (issuer.Login is not { HasSecret: true } login)
        {
            return Outcome<string?>.Of(null);
        }

        try
        {
            var bytes = sealer.Open(login.SealedSecret.Span, Purpose, tenant, NameOf(issuer, login));
            var secret = Encoding.ASCII.GetString(bytes);
            CryptographicOperations.ZeroMemory(bytes);
            return secret;
        }
        catch (CryptographicException)
        {
            return new Rejection(Codes.StorageUnavailable, issuer.Id, "the client's secret cannot be opened: set the issuer anew");
        }
    }

    // Whose secret it is: one that is moved to another issuer, which would be told it, does not open.
    private static string NameOf(TrustedIssuer issuer, LoginClient login) => $"{issuer.Id}\n{issuer.Issuer}\n{login.ClientId}";
}
