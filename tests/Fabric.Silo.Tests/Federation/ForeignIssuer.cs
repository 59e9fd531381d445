using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Fabric.Silo.Tests.Outbound;
using Microsoft.AspNetCore.Http;

namespace Fabric.Silo.Tests.Federation;

/// <summary>An issuer of somebody else on loopback: its metadata, its keys, and the tokens that it signs, honest ones and others.</summary>
public sealed class ForeignIssuer : IAsyncDisposable
{
    private readonly ECDsa _p256 = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly ECDsa _p384 = ECDsa.Create(ECCurve.NamedCurves.nistP384);
    private readonly RSA _rsa = RSA.Create(2_048);

    private ForeignIssuer(LocalWeb web)
    {
        Web = web;
        Keys = [Jwk("ES256", "e1"), Jwk("ES384", "e2"), Jwk("RS256", "r1")];
        Metadata = new JsonObject { ["issuer"] = Url, ["jwks_uri"] = $"{Url}/keys" };
        web.Answer = AnswerAsync;
    }

    public LocalWeb Web { get; }

    /// <summary>The keys that it publishes.</summary>
    public List<JsonObject> Keys { get; set; }

    /// <summary>The metadata that it publishes.</summary>
    public JsonObject Metadata { get; }

    /// <summary>What it answers instead, while it is out of order.</summary>
    public RequestDelegate? Broken { get; set; }

    /// <summary>What it answers at `/token`.</summary>
    public RequestDelegate? TokenEndpoint { get; set; }

    public string Url => Web.Address;

    public int KeysAsked => Web.Asked.Count(path => path == "/keys");

    public static async Task<ForeignIssuer> StartAsync() => new(await LocalWeb.StartAsync());

    public JsonObject Jwk(string algorithm, string kid)
    {
        var key = new JsonObject { ["kid"] = kid, ["use"] = "sig", ["alg"] = algorithm };
        if (algorithm is "RS256" or "PS256")
        {
            var rsa = _rsa.ExportParameters(false);
            (key["kty"], key["n"], key["e"]) = ("RSA", Text(rsa.Modulus!), Text(rsa.Exponent!));
            return key;
        }
        var point = (algorithm == "ES256" ? _p256 : _p384).ExportParameters(false).Q;
        (key["kty"], key["crv"], key["x"], key["y"]) = ("EC", algorithm == "ES256" ? "P-256" : "P-384", Text(point.X!), Text(point.Y!));
        return key;
    }

    public JsonObject Jwks => new() { ["keys"] = new JsonArray([.. Keys.Select(key => key.DeepClone())]) };

    /// <summary>A token; <paramref name="change"/> and <paramref name="head"/> make it a dishonest one.</summary>
    public string Token(string subject, string audience, DateTimeOffset now, string algorithm = "ES256", string kid = "e1", Action<JsonObject>? change = null, Action<JsonObject>? head = null)
    {
        var at = now.ToUnixTimeSeconds();
        var header = new JsonObject { ["alg"] = algorithm, ["typ"] = "JWT", ["kid"] = kid };
        var claims = new JsonObject { ["iss"] = Url, ["sub"] = subject, ["aud"] = audience, ["iat"] = at, ["exp"] = at + 300, ["jti"] = Guid.NewGuid().ToString("N") };
        change?.Invoke(claims);
        head?.Invoke(header);
        var input = $"{Part(header)}.{Part(claims)}";
        return $"{input}.{Text(Sign(algorithm, Encoding.ASCII.GetBytes(input)))}";
    }

    public async ValueTask DisposeAsync()
    {
        await Web.DisposeAsync();
        _p256.Dispose();
        _p384.Dispose();
        _rsa.Dispose();
    }

    private byte[] Sign(string algorithm, byte[] input) => algorithm switch
    {
        "ES256" => _p256.SignData(input, HashAlgorithmName.SHA256),
        "ES384" => _p384.SignData(input, HashAlgorithmName.SHA384),
        "RS256" => _rsa.SignData(input, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1),
        "PS256" => _rsa.SignData(input, HashAlgorithmName.SHA256, RSASignaturePadding.Pss),

        // RFC 8725 section 2.1: the public key as the secret of an HMAC.
        "HS256" => HMACSHA256.HashData(_p256.ExportSubjectPublicKeyInfo(), input),
        _ => [],
    };

    private Task AnswerAsync(HttpContext context) =>
        Broken is { } broken ? broken(context)
        : context.Request.Path == "/.well-known/openid-configuration" ? LocalWeb.JsonAsync(context, Metadata.ToJsonString())
        : context.Request.Path == "/keys" ? LocalWeb.JsonAsync(context, Jwks.ToJsonString(), "application/jwk-set+json")
        : context.Request.Path == "/token" && TokenEndpoint is { } token ? token(context)
        : NotFoundAsync(context);

    private static Task NotFoundAsync(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status404NotFound;
        return Task.CompletedTask;
    }

    private static string Part(JsonObject value) => Text(JsonSerializer.SerializeToUtf8Bytes(value));

    private static string Text(byte[] bytes) => Base64Url.EncodeToString(bytes);
}
