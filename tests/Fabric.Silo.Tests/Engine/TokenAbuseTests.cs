using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Fabric.Client;
using Fabric.Contracts.Agents;
using Fabric.Contracts.Checks;
using Fabric.Contracts.Common;
using Fabric.Contracts.Credentials;
using Fabric.Contracts.Sessions;
using Fabric.Contracts.Tenants;
using Fabric.Core.Common;

namespace Fabric.Silo.Tests.Engine;

/// <summary>Tokens that are not what they say they are, presented for a check over HTTP.</summary>
public sealed class TokenAbuseTests(EngineServer server) : IClassFixture<EngineServer>
{
    [Fact]
    public async Task Each_abuse_of_a_token_is_denied_with_its_own_code()
    {
        var tenant = await TenantAsync();
        var token = await IssueAsync(tenant);
        var (head, claims, signature) = token.Split('.') is [var a, var b, var c] ? (a, b, c) : default;
        Assert.True((await CheckAsync(token)).Allowed);

        await DeniedAsync(Codes.TokenMalformed, token[..(token.Length / 2)]);
        await DeniedAsync(Codes.TokenMalformed, "");
        await DeniedAsync(Codes.TokenMalformed, $"{head}.{claims}");
        await DeniedAsync(Codes.TokenMalformed, token + ".x");
        await DeniedAsync(Codes.TokenMalformed, "not a token at all");
        await DeniedAsync(Codes.TokenAlgorithm, $"{Head("none", head)}.{claims}.");
        await DeniedAsync(Codes.TokenAlgorithm, await HmacWithThePublicKeyAsync(tenant, head, claims));
        await DeniedAsync(Codes.TokenSignature, $"{head}.{Changed(claims)}.{signature}");
        await DeniedAsync(Codes.TokenSignature, Resigned(head, claims));
        await DeniedAsync(Codes.TokenKeyUnknown, $"{Replaced(head, KidOf(head), new string('0', KidOf(head).Length))}.{claims}.{signature}");
    }

    [Fact]
    [Trait("Invariant", "T1")]
    public async Task A_guard_of_one_tenant_denies_a_token_of_another_and_is_told_nothing_of_it()
    {
        var (own, other) = (await TenantAsync(), await TenantAsync());
        using var guard = await server.ClientAsync("enforcement_point", "guard", own);
        var answer = await guard.CheckAsync(Request(await IssueAsync(other))).OrThrow();
        Assert.Equal((false, Codes.TokenForeignTenant), (answer.Allowed, answer.Code));
        Assert.Null(answer.Agent ?? answer.Tenant ?? answer.Session ?? answer.Credential ?? answer.User);
    }

    private async Task<string> TenantAsync()
    {
        var tenant = "t" + Guid.NewGuid().ToString("N");
        await server.Operator.CreateTenantAsync(new CreateTenant(tenant)).OrThrow();
        await server.Operator.CreateAgentAsync(tenant, new CreateAgent("bot", "backend", [new ScopeDto("mail")])).OrThrow();
        return tenant;
    }

    private async Task<string> IssueAsync(string tenant)
    {
        var session = await server.Operator.OpenSessionAsync(tenant, new OpenSession("bot", "test", [new ScopeDto("mail")])).OrThrow();
        return (await server.Operator.IssueCredentialsAsync(session.Id, new IssueCredentials()).OrThrow()).Credentials[0].Token;
    }

    private ValueTask<CheckAnswer> CheckAsync(string token) => server.Operator.CheckAsync(Request(token)).OrThrow();

    private async Task DeniedAsync(string code, string token)
    {
        var answer = await CheckAsync(token);
        Assert.False(answer.Allowed, $"allowed: {token}");
        Assert.Equal(code, answer.Code);
        Assert.Null(answer.Agent ?? answer.Tenant);
    }

    private static CheckRequest Request(string token) => new(token, "mail", "send", "x", "read");

    // RFC 8725 section 2.1: the public key as the secret of an HMAC.
    private async Task<string> HmacWithThePublicKeyAsync(string tenant, string head, string claims)
    {
        var key = (await server.Operator.GetSigningKeysAsync(tenant).OrThrow()).Keys[0];
        byte[] secret = [.. Base64Url.DecodeFromChars(key.X), .. Base64Url.DecodeFromChars(key.Y)];
        var text = $"{Head("HS256", head)}.{claims}";
        return $"{text}.{Base64Url.EncodeToString(HMACSHA256.HashData(secret, Encoding.ASCII.GetBytes(text)))}";
    }

    private static string Resigned(string head, string claims)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return $"{head}.{claims}.{Base64Url.EncodeToString(key.SignData(Encoding.ASCII.GetBytes($"{head}.{claims}"), HashAlgorithmName.SHA256))}";
    }

    private static string Head(string algorithm, string head) => Replaced(head, "ES256", algorithm);

    private static string KidOf(string head)
    {
        var text = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(head));
        var at = text.IndexOf("\"kid\":\"", StringComparison.Ordinal) + 7;
        return text[at..text.IndexOf('"', at)];
    }

    private static string Replaced(string part, string what, string with) =>
        Base64Url.EncodeToString(Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(Base64Url.DecodeFromChars(part)).Replace(what, with, StringComparison.Ordinal)));

    private static string Changed(string claims) => Replaced(claims, "\"mail\"", "\"bank\"");
}
