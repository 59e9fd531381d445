using System.Security.Cryptography;

namespace Fabric.Silo.Federation;

/// <summary>
/// A public key of somebody else (RFC 7517) that verifies: RSA of 2,048 to 8,192 bits, P-256 or P-384. <paramref name="Algorithm"/>: the only one that the key says it is for; null: it does not say.
/// </summary>
internal sealed record ForeignKey(string? Kid, string? Algorithm, RSAParameters? Rsa, ECParameters? Ec)
{
    /// <summary>
    /// Whether a signature is this key's by an algorithm. An algorithm that is not this kind of key's, or not the one that the key is for, verifies nothing (RFC 8725 section 3.1).
    /// </summary>
    public bool Verifies(string algorithm, ReadOnlySpan<byte> input, ReadOnlySpan<byte> signature)
    {
        if (!Fits(algorithm))
        {
            return false;
        }
        try
        {
            return algorithm switch
            {
                "RS256" => ByRsa(input, signature, RSASignaturePadding.Pkcs1),
                "PS256" => ByRsa(input, signature, RSASignaturePadding.Pss),
                "ES256" => ByCurve(input, signature, HashAlgorithmName.SHA256),
                "ES384" => ByCurve(input, signature, HashAlgorithmName.SHA384),
                _ => false,
            };
        }
        catch (Exception fault) when (fault is CryptographicException or ArgumentException)
        {
            return false;
        }
    }

    /// <summary>Whether it could have signed by an algorithm.</summary>
    public bool Fits(string algorithm) => (Algorithm is null || Algorithm == algorithm) && algorithm switch
    {
        "RS256" or "PS256" => Rsa is not null,
        "ES256" => Ec is { Q.X.Length: 32 },
        "ES384" => Ec is { Q.X.Length: 48 },
        _ => false,
    };

    private bool ByRsa(ReadOnlySpan<byte> input, ReadOnlySpan<byte> signature, RSASignaturePadding padding)
    {
        using var rsa = RSA.Create(Rsa!.Value);
        return rsa.VerifyData(input, signature, HashAlgorithmName.SHA256, padding);
    }

    private bool ByCurve(ReadOnlySpan<byte> input, ReadOnlySpan<byte> signature, HashAlgorithmName hash)
    {
        using var curve = ECDsa.Create(Ec!.Value);
        return curve.VerifyData(input, signature, hash, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
    }
}
