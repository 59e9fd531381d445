using System.Text.Json;
using Fabric.Contracts.Agents;
using Fabric.Core.Agents;
using Fabric.Core.Common;
using Fabric.Core.Tokens;
using Fabric.Engine.Wire;
using Fabric.Silo.OAuth.Documents;

namespace Fabric.Silo.OAuth.Registration;

/// <summary>The `jwks` of a client (RFC 7591 section 2, RFC 7517): public keys for ES256 and nothing else. A key without a `kid` is called by its thumbprint (RFC 7638).</summary>
internal static class ClientKeys
{
    /// <summary>The keys of a set. Refusal: `invalid_client_metadata`.</summary>
    public static Outcome<IReadOnlyList<AgentKeyDto>> Read(JsonElement set)
    {
        if (!ClientDocument.ArePublic(set) || set.GetProperty("keys").GetArrayLength() is 0 or > AgentKey.KeysMax)
        {
            return RegistrationErrors.Bad("jwks", $"it holds 1 to {AgentKey.KeysMax} public keys, in its member keys");
        }
        var keys = set.GetProperty("keys").EnumerateArray().Select(KeyOf).OfType<AgentKeyDto>().ToArray();
        var areGood = keys.Length == set.GetProperty("keys").GetArrayLength() && AgentKeyWire.Read(keys).IsOk && keys.DistinctBy(key => key.Kid, StringComparer.Ordinal).Count() == keys.Length;
        return areGood ? keys : RegistrationErrors.Bad("jwks", "a key is of kty EC and crv P-256, for ES256, and no two have the same kid");
    }

    private static AgentKeyDto? KeyOf(JsonElement key)
    {
        var (x, y) = (TextOf(key, "x"), TextOf(key, "y"));
        if (ForeignJwt.Coordinate(x) is not { } xBytes || ForeignJwt.Coordinate(y) is not { } yBytes)
        {
            return null;
        }
        var kid = TextOf(key, "kid") ?? Thumbprints.Of(xBytes, yBytes);
        return kid.Length is >= 1 and <= TokenReader.KidLengthMax && PlainText.Is(kid)
            ? new AgentKeyDto(kid, x!, y!, TextOf(key, "kty") ?? "", TextOf(key, "crv") ?? "", TextOf(key, "alg"), TextOf(key, "use"))
            : null;
    }

    // What is there and no text is none that counts.
    private static string? TextOf(JsonElement key, string name) => key.TryGetProperty(name, out var value) ? ForeignJwt.Text(value) ?? "" : null;
}
