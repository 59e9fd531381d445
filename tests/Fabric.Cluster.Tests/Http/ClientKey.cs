using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Fabric.Contracts.Agents;

namespace Fabric.Cluster.Tests.Http;

/// <summary>A client's own key, and what it signs with it.</summary>
internal sealed class ClientKey : IDisposable
{
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    private JsonObject Jwk
    {
        get
        {
            var point = _key.ExportParameters(false).Q;
            return new JsonObject { ["kty"] = "EC", ["crv"] = "P-256", ["x"] = Base64Url.EncodeToString(point.X), ["y"] = Base64Url.EncodeToString(point.Y) };
        }
    }

    internal AgentKeyDto Dto => new("k1", (string)Jwk["x"]!, (string)Jwk["y"]!);

    private static long Now => DateTimeOffset.UtcNow.ToUnixTimeSeconds();

    internal string Assertion(string agent) => Sign(new JsonObject { ["alg"] = "ES256", ["typ"] = "JWT" }, new JsonObject
    {
        ["iss"] = agent, ["sub"] = agent, ["aud"] = $"{SiloPair.Issuer}/tenants/{SiloPair.Tenant}", ["iat"] = Now, ["exp"] = Now + 60, ["jti"] = Guid.NewGuid().ToString("N"),
    });

    internal string Proof(string nonce) => Sign(new JsonObject { ["alg"] = "ES256", ["typ"] = "dpop+jwt", ["jwk"] = Jwk }, new JsonObject
    {
        ["jti"] = Guid.NewGuid().ToString("N"), ["htm"] = "POST", ["htu"] = $"{SiloPair.Issuer}/tenants/{SiloPair.Tenant}/oauth/token", ["iat"] = Now, ["nonce"] = nonce,
    });

    public void Dispose() => _key.Dispose();

    private string Sign(JsonObject header, JsonObject claims)
    {
        var input = $"{Part(header)}.{Part(claims)}";
        return $"{input}.{Base64Url.EncodeToString(_key.SignData(Encoding.ASCII.GetBytes(input), HashAlgorithmName.SHA256))}";
    }

    private static string Part(JsonObject value) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(value.ToJsonString()));
}
