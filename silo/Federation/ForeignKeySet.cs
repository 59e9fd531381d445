using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json;
using Fabric.Core.Tokens;

namespace Fabric.Silo.Federation;

/// <summary>A key set of somebody else (RFC 7517 section 5). Keys that verify nothing here are passed over, whatever they are.</summary>
internal sealed class ForeignKeySet(IReadOnlyList<ForeignKey> keys)
{
    /// <summary>The most keys (B1).</summary>
    public const int KeysMax = 64;

    /// <summary>The most keys that are tried where none is named (B1): who makes signatures up makes the fabric reckon no longer.</summary>
    public const int TriesMax = 16;

    private const int RsaBitsMin = 2_048;
    private const int RsaBitsMax = 8_192;

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 8 };

    /// <summary>The keys that verify.</summary>
    public IReadOnlyList<ForeignKey> Keys => keys;

    /// <summary>Whether there is a key of this name; without a name, any.</summary>
    public bool Has(string? kid) => kid is null ? keys.Count > 0 : keys.Any(key => key.Kid == kid);

    /// <summary>The set that these bytes are; null when they are none, or have no key that verifies.</summary>
    public static ForeignKeySet? Parse(ReadOnlyMemory<byte> json)
    {
        try
        {
            using var document = JsonDocument.Parse(json, Strict);
            if (document.RootElement.ValueKind != JsonValueKind.Object || !document.RootElement.TryGetProperty("keys", out var list)
                || list.ValueKind != JsonValueKind.Array || list.GetArrayLength() > KeysMax)
            {
                return null;
            }
            var found = list.EnumerateArray().Select(Read).OfType<ForeignKey>().ToList();
            return found.Count > 0 ? new ForeignKeySet(found) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>
    /// Whether a signature is made by a key of this set. Without a <paramref name="kid"/> only where one key alone could have made it (RFC 7515 appendix D): it is not tried around.
    /// </summary>
    public bool Verifies(string? kid, string algorithm, ReadOnlySpan<byte> input, ReadOnlySpan<byte> signature)
    {
        var fitting = keys.Where(key => (kid is null || key.Kid == kid) && key.Fits(algorithm)).ToList();
        if (kid is null && fitting.Count > 1)
        {
            return false;
        }
        foreach (var key in fitting)
        {
            if (key.Verifies(algorithm, input, signature))
            {
                return true;
            }
        }
        return false;
    }

    /// <summary>
    /// The same for what ends authority: without a <paramref name="kid"/> each key that could have made it is tried, <see cref="TriesMax"/> at most. All of them are the issuer's own.
    /// </summary>
    public bool VerifiesByAny(string? kid, string algorithm, ReadOnlySpan<byte> input, ReadOnlySpan<byte> signature)
    {
        var tries = 0;
        foreach (var key in keys)
        {
            if ((kid is not null && key.Kid != kid) || !key.Fits(algorithm))
            {
                continue;
            }
            if (key.Verifies(algorithm, input, signature))
            {
                return true;
            }
            if (++tries == TriesMax)
            {
                return false;
            }
        }
        return false;
    }

    private static ForeignKey? Read(JsonElement key)
    {
        if (key.ValueKind != JsonValueKind.Object || !IsForSignatures(key) || (key.TryGetProperty("kid", out _) && ForeignJwt.Text(key, "kid") is not { Length: <= 256 }))
        {
            return null;
        }
        var (kid, algorithm) = (ForeignJwt.Text(key, "kid"), ForeignJwt.Text(key, "alg"));
        return ForeignJwt.Text(key, "kty") switch
        {
            "RSA" when RsaOf(key) is { } rsa => new ForeignKey(kid, algorithm, rsa, null),
            "EC" when CurveOf(key) is { } curve => new ForeignKey(kid, algorithm, null, curve),
            _ => null,
        };
    }

    // RFC 7517 sections 4.2 and 4.3; `jwt-svid` is SPIFFE's word for it (SPIFFE Trust Domain and Bundle section 4.2.2).
    private static bool IsForSignatures(JsonElement key)
    {
        if (key.TryGetProperty("use", out _) && ForeignJwt.Text(key, "use") is not ("sig" or "jwt-svid"))
        {
            return false;
        }
        return !key.TryGetProperty("key_ops", out var operations)
            || (operations.ValueKind == JsonValueKind.Array && operations.EnumerateArray().Any(operation => ForeignJwt.Text(operation) == "verify"));
    }

    private static RSAParameters? RsaOf(JsonElement key)
    {
        if (Bytes(key, "n", RsaBitsMax / 8) is not { } modulus || Bytes(key, "e", 4) is not { Length: > 0 } exponent)
        {
            return null;
        }

        // A factor of 65537 and its like is small and odd; 1 would make every text its own signature.
        var isExponent = (exponent[^1] & 1) == 1 && !(exponent.Length == 1 && exponent[0] == 1);
        return modulus.Length * 8 >= RsaBitsMin && isExponent && (modulus[^1] & 1) == 1 ? new RSAParameters { Modulus = modulus, Exponent = exponent } : null;
    }

    private static ECParameters? CurveOf(JsonElement key)
    {
        var (curve, size) = ForeignJwt.Text(key, "crv") switch
        {
            "P-256" => (ECCurve.NamedCurves.nistP256, 32),
            "P-384" => (ECCurve.NamedCurves.nistP384, 48),
            _ => (default, 0),
        };
        if (size == 0 || Bytes(key, "x", size, isExact: true) is not { } x || Bytes(key, "y", size, isExact: true) is not { } y)
        {
            return null;
        }
        var parameters = new ECParameters { Curve = curve, Q = new ECPoint { X = x, Y = y } };
        try
        {
            // Throws for what is no point of the curve.
            using var point = ECDsa.Create(parameters);
            return parameters;
        }
        catch (Exception fault) when (fault is CryptographicException or ArgumentException)
        {
            return null;
        }
    }

    // Leading zeros of a number go (RFC 7518 section 6.3.1 has none); a coordinate has all of its bytes.
    private static byte[]? Bytes(JsonElement key, string name, int sizeMax, bool isExact = false)
    {
        if (ForeignJwt.Text(key, name) is not { Length: > 0 } text || text.Length > 2 * sizeMax + 8)
        {
            return null;
        }
        var bytes = new byte[Base64Url.GetMaxDecodedLength(text.Length)];
        if (Base64Url.DecodeFromChars(text, bytes, out _, out var length) != OperationStatus.Done)
        {
            return null;
        }
        var value = bytes.AsSpan(0, length);
        if (isExact)
        {
            return length == sizeMax ? value.ToArray() : null;
        }
        value = value.TrimStart((byte)0);
        return value.Length <= sizeMax ? value.ToArray() : null;
    }
}
