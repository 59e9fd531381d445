using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Fabric.Core.Tokens;

namespace Fabric.Client.Mcp.Tests;

/// <summary>A key of a caller's own, and the proofs that it makes with it: honest ones and others.</summary>
internal sealed class CallerKey : IDisposable
{
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public string Thumbprint => Thumbprints.Of(_key.ExportParameters(false).Q.X, _key.ExportParameters(false).Q.Y);

    private JsonObject Jwk
    {
        get
        {
            var point = _key.ExportParameters(false).Q;
            return new JsonObject { ["kty"] = "EC", ["crv"] = "P-256", ["x"] = Base64Url.EncodeToString(point.X), ["y"] = Base64Url.EncodeToString(point.Y) };
        }
    }

    public string Proof(string url, string token, DateTimeOffset now, Action<JsonObject>? change = null, Action<JsonObject>? head = null)
    {
        var header = new JsonObject { ["alg"] = "ES256", ["typ"] = "dpop+jwt", ["jwk"] = Jwk };
        var claims = new JsonObject
        {
            ["jti"] = Guid.NewGuid().ToString("N"), ["htm"] = "POST", ["htu"] = url, ["iat"] = now.ToUnixTimeSeconds(),
            ["ath"] = Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(token))),
        };
        change?.Invoke(claims);
        head?.Invoke(header);
        var input = $"{Part(header)}.{Part(claims)}";
        return $"{input}.{Base64Url.EncodeToString(_key.SignData(Encoding.ASCII.GetBytes(input), HashAlgorithmName.SHA256))}";
    }

    public void Dispose() => _key.Dispose();

    private static string Part(JsonObject value) => Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(value));
}
