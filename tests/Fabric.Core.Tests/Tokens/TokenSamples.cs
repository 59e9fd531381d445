using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Fabric.Core.Common;
using Fabric.Core.Lineages;
using Fabric.Core.Quotas;
using Fabric.Core.Scopes;
using Fabric.Core.Tests.Scopes;
using Fabric.Core.Tokens;
using FsCheck;
using FsCheck.Fluent;

namespace Fabric.Core.Tests.Tokens;

/// <summary>Claims, keys and tokens for the tests.</summary>
internal static class TokenSamples
{
    public const string Kid = "acme-1";

    private static readonly string[] Ids = ["acme", "a", "mia@example.org", "agent:billing+v2", "A-1_b.c"];
    private static readonly string[] Names = ["https://fabric.example/t/acme", "aud", "with \"quotes\" and \\", "é😀"];

    public static readonly TokenClaims Claims = new()
    {
        Issuer = "https://fabric.example",
        Tenant = "acme",
        Subject = "mia",
        ClientId = "billing",
        SessionId = 0x1234,
        CredentialId = UInt128.MaxValue,
        IssuedAt = new Instant(1_700_000_000_999),
        ExpiresAt = new Instant(1_700_000_300_999),
        Audience = "tools",
        Lineage = LineageOf(2),
        Scopes = ScopeSet.Create(
        [
            new("pay*", "refund", "", new(true, 5, new CallRate(10, 60), "prod", new Instant(1_700_000_100_500)), [new QuotaRef(new Handle(1, 2), 5, 60_000)]),
            new("files", "read", "a/\\*"),
        ]).Value,
        Actors = [new("acme", "billing", "mia"), new("other", "planner")],
    };

    public static Gen<TokenClaims> Generated =>
        from ids in Gen.ArrayOf(Gen.Elements(Ids), 3)
        from names in Gen.ArrayOf(Gen.Elements(Names), 2)
        from numbers in Gen.ArrayOf(Gen.Choose(0, int.MaxValue), 4)
        from scopes in ScopeModel.Sets(3, counted: true)
        from nodes in Gen.Choose(1, Lineage.NodesMax)
        from actors in Gen.ListOf(Gen.Elements(new TokenActor("acme", "a"), new TokenActor("b", "c", "mia@example.org")))
        select new TokenClaims
        {
            Issuer = names[0],
            Audience = names[1],
            Tenant = ids[0],
            Subject = ids[1],
            ClientId = ids[2],
            SessionId = new UInt128((ulong)numbers[0], (ulong)numbers[1]),
            CredentialId = new UInt128((ulong)numbers[1] << 32, ulong.MaxValue),
            IssuedAt = new Instant(numbers[2] * 1000L),
            ExpiresAt = new Instant(numbers[3] * 1000L),
            Lineage = LineageOf(nodes),
            Scopes = scopes,
            Actors = [.. actors.Take(TokenClaims.ActorsMax)],
        };

    public static Lineage LineageOf(int nodes) => new(
        [.. Enumerable.Range(1, nodes).Select(i => new LineageNode(i == nodes ? NodeKind.Credential : NodeKind.Tenant, new Handle((ulong)i, 7), (uint)i))]);

    public static (TokenSigner Signer, TokenVerifier Verifier) Pair()
    {
        using var ecdsa = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var key = ecdsa.ExportParameters(includePrivateParameters: true);
        return (new TokenSigner(Kid, key.Q.X, key.Q.Y, key.D), new TokenVerifier(key.Q.X, key.Q.Y));
    }

    public static byte[] Sign(TokenSigner signer, TokenClaims claims) => Encoding.ASCII.GetBytes(signer.MakeToken(claims).Value);

    /// <summary>A token of any header and payload, signed when there is a signer, else with 64 zero bytes.</summary>
    public static byte[] Compose(string header, string payload, TokenSigner? signer = null)
    {
        var input = Base64Url.EncodeToString(Encoding.UTF8.GetBytes(header)) + "." + Base64Url.EncodeToString(Encoding.UTF8.GetBytes(payload));
        var signature = new byte[64];
        signer?.Sign(Encoding.ASCII.GetBytes(input), signature);
        return Encoding.ASCII.GetBytes(input + "." + Base64Url.EncodeToString(signature));
    }

    /// <summary>The header's and the payload's JSON.</summary>
    public static (string Header, string Payload) Open(ReadOnlySpan<byte> token)
    {
        var parts = Encoding.ASCII.GetString(token).Split('.');
        return (Encoding.UTF8.GetString(Base64Url.DecodeFromChars(parts[0])), Encoding.UTF8.GetString(Base64Url.DecodeFromChars(parts[1])));
    }
}
