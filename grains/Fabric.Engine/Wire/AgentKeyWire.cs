using System.Buffers;
using System.Buffers.Text;
using Fabric.Contracts.Agents;
using Fabric.Core.Agents;
using Fabric.Core.Common;
using Fabric.Core.Tokens;

namespace Fabric.Engine.Wire;

/// <summary>Agents' public keys between their wire form and the domain's.</summary>
public static class AgentKeyWire
{
    private const int FieldSize = 32;

    /// <summary>The keys of a list; refusals `request.invalid_field`, `request.too_large`.</summary>
    public static Outcome<IReadOnlyList<AgentKey>> Read(IReadOnlyList<AgentKeyDto>? keys)
    {
        if (keys is null)
        {
            return new Rejection(Codes.InvalidField, "keys", "a list of keys is required; it may be empty");
        }

        if (keys.Count > AgentKey.KeysMax)
        {
            return new Rejection(Codes.TooLarge, "keys", $"an agent has at most {AgentKey.KeysMax} keys");
        }

        var read = new AgentKey[keys.Count];
        for (var i = 0; i < read.Length; i++)
        {
            if (keys[i] is not { Kty: "EC", Crv: "P-256", Alg: null or "ES256", Use: null or "sig", Kid: not null } key)
            {
                return new Rejection(Codes.InvalidField, $"keys[{i}]", "a key is of `kty` EC and `crv` P-256, for ES256, and has a `kid`");
            }

            if (Coordinate(key.X) is not { } x || Coordinate(key.Y) is not { } y || !IsPoint(x, y))
            {
                return new Rejection(Codes.InvalidField, $"keys[{i}]", "`x` and `y` are no point of P-256, 32 bytes each in base64url");
            }

            read[i] = new AgentKey(key.Kid, x, y);
        }

        return read;
    }

    /// <summary>The wire form of keys; null for none.</summary>
    public static IReadOnlyList<AgentKeyDto>? Write(IReadOnlyList<AgentKey> keys) => keys.Count == 0
        ? null
        : [.. keys.Select(key => new AgentKeyDto(key.Kid, Base64Url.EncodeToString(key.X.Span), Base64Url.EncodeToString(key.Y.Span), Alg: "ES256", Use: "sig"))];

    private static byte[]? Coordinate(string? text)
    {
        var bytes = new byte[FieldSize];
        return text is { Length: 43 } && Base64Url.DecodeFromChars(text, bytes, out _, out var written) == OperationStatus.Done && written == FieldSize ? bytes : null;
    }

    private static bool IsPoint(byte[] x, byte[] y)
    {
        try
        {
            new TokenVerifier(x, y).Dispose();
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }
}
