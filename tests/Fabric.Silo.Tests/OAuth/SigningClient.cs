using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Fabric.Contracts.Agents;

namespace Fabric.Silo.Tests.OAuth;

/// <summary>A key of a client's own, and the JWTs that it signs: honest ones and others.</summary>
public sealed class SigningClient : IDisposable
{
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public JsonObject Jwk
    {
        get
        {
            var point = _key.ExportParameters(false).Q;
            return new JsonObject { ["kty"] = "EC", ["crv"] = "P-256", ["x"] = Base64Url.EncodeToString(point.X), ["y"] = Base64Url.EncodeToString(point.Y) };
        }
    }

    public string Thumbprint =>
        Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes($$"""{"crv":"P-256","kty":"EC","x":"{{Jwk["x"]}}","y":"{{Jwk["y"]}}"}""")));

    public JsonNode PrivatePart => Base64Url.EncodeToString(_key.ExportParameters(true).D);

    public AgentKeyDto KeyDto(string kid) => new(kid, (string)Jwk["x"]!, (string)Jwk["y"]!);

    public static JsonObject Claims(AgentClient client) => new()
    {
        ["iss"] = client.Id, ["sub"] = client.Id, ["aud"] = client.Issuer, ["iat"] = client.Server.Now, ["exp"] = client.Server.Now + 60, ["jti"] = Guid.NewGuid().ToString("N"),
    };

    public string Assertion(AgentClient client, Action<JsonObject>? change = null, Action<JsonObject>? head = null)
    {
        var (header, claims) = (new JsonObject { ["alg"] = "ES256", ["typ"] = "JWT" }, Claims(client));
        change?.Invoke(claims);
        head?.Invoke(header);
        return Sign(header, claims);
    }

    public string Proof(AgentClient client, string? nonce, Action<JsonObject>? change = null, Action<JsonObject>? head = null)
    {
        var header = new JsonObject { ["alg"] = "ES256", ["typ"] = "dpop+jwt", ["jwk"] = Jwk };
        var claims = new JsonObject { ["jti"] = Guid.NewGuid().ToString("N"), ["htm"] = "POST", ["htu"] = client.Issuer + "/oauth/token", ["iat"] = client.Server.Now };
        if (nonce is not null)
        {
            claims["nonce"] = nonce;
        }
        change?.Invoke(claims);
        head?.Invoke(header);
        return Sign(header, claims);
    }

    public string Sign(JsonObject header, JsonObject claims)
    {
        var input = Input(header, claims);
        return $"{input}.{Base64Url.EncodeToString(_key.SignData(Encoding.ASCII.GetBytes(input), HashAlgorithmName.SHA256))}";
    }

    /// <summary>RFC 8725 section 2.1: the public key as the secret of an HMAC.</summary>
    public string SignWithThePublicKey(JsonObject header, JsonObject claims)
    {
        header["alg"] = "HS256";
        var input = Input(header, claims);
        return $"{input}.{Base64Url.EncodeToString(HMACSHA256.HashData(_key.ExportSubjectPublicKeyInfo(), Encoding.ASCII.GetBytes(input)))}";
    }

    public void Dispose() => _key.Dispose();

    public static string Input(JsonObject header, JsonObject claims) => $"{Part(header)}.{Part(claims)}";

    private static string Part(JsonObject value) => Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(value));
}
