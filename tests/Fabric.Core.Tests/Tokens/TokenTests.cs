using System.Buffers;
using System.Text;
using Fabric.Core.Common;
using Fabric.Core.Lineages;
using Fabric.Core.Scopes;
using Fabric.Core.Tokens;
using FsCheck.Fluent;
using Xunit.Abstractions;

namespace Fabric.Core.Tests.Tokens;

public sealed class TokenTests(ITestOutputHelper output)
{
    [Fact]
    public void The_header_and_payload_are_the_golden_ones()
    {
        var writer = new ArrayBufferWriter<byte>();
        Assert.Null(TokenWriter.WriteSigningInput(TokenSamples.Claims, "k1", writer));
        var (header, payload) = TokenSamples.Open([.. writer.WrittenSpan, (byte)'.']);
        Assert.Equal("""{"alg":"ES256","typ":"at+jwt","kid":"k1"}""", header);
        Assert.Equal(
            """{"iss":"https://fabric.example","sub":"mia","aud":"tools","exp":1700000300,"iat":1700000000,"jti":"ffffffffffffffffffffffffffffffff","""
            + """ "client_id":"billing","sid":"00000000000000000000000000001234","tenant":"acme","authorization_details":[""".TrimStart()
            + """{"type":"tool_call","tool":"pay*","action":"refund","resource":"","read_only":true,"max_calls":5,"rate":{"calls":10,"per_seconds":60},"""
            + """ "environment":"prod","not_after":1700000100.5,"quotas":[["00000000000000010000000000000002",5,60000]]},""".TrimStart()
            + """{"type":"tool_call","tool":"files","action":"read","resource":"a/\\*"}],"act":{"sub":"billing","tenant":"acme","user":"mia","""
            + """ "act":{"sub":"planner","tenant":"other"}},"lin":"AQAAAAAAAAABAAAAAAAAAAcAAAABBQAAAAAAAAACAAAAAAAAAAcAAAAC"}""".TrimStart(),
            payload);
    }

    [Fact]
    public void What_is_written_and_signed_is_read_and_verified_and_equal()
    {
        var (signer, verifier) = TokenSamples.Pair();
        Seeded.Check(output, 300, Prop.ForAll(
            TokenSamples.Generated.ToArbitrary(),
            claims =>
            {
                var token = TokenSamples.Sign(signer, claims);
                var parsed = TokenReader.Parse(token).Value;
                return parsed.Kid == TokenSamples.Kid && parsed.Claims.Equals(claims) && parsed.Claims.GetHashCode() == claims.GetHashCode()
                    && verifier.Verify(parsed, token);
            }));
    }

    [Fact]
    [Trait("Invariant", "S2")]
    public void Expiry_is_cut_to_the_second_never_raised()
    {
        var (signer, _) = TokenSamples.Pair();
        var claims = TokenReader.Parse(TokenSamples.Sign(signer, TokenSamples.Claims)).Value.Claims;
        Assert.Equal(new Instant(1_700_000_300_000), claims.ExpiresAt);
        Assert.Equal(new Instant(1_700_000_000_000), claims.IssuedAt);
    }

    [Fact]
    public void Both_ways_to_a_token_agree_and_append()
    {
        var (signer, verifier) = TokenSamples.Pair();
        var writer = new ArrayBufferWriter<byte>();
        writer.Write("x"u8);
        Assert.Null(signer.WriteToken(TokenSamples.Claims, writer));
        var token = writer.WrittenSpan[1..];
        Assert.True(verifier.Verify(TokenReader.Parse(token).Value, token));
        Assert.Equal(signer.MakeToken(TokenSamples.Claims).Value.Length, token.Length);
    }

    [Fact]
    public void What_would_be_too_large_is_not_written()
    {
        var large = TokenSamples.Claims with
        {
            Lineage = TokenSamples.LineageOf(Lineage.NodesMax),
            Actors = [.. Enumerable.Repeat(new TokenActor(new string('t', 128), new string('a', 128), new string('u', 128)), TokenClaims.ActorsMax)],
            Scopes = LargestScopes('s'),
        };
        var writer = new ArrayBufferWriter<byte>();
        Assert.Equal(Codes.LimitReached, TokenWriter.WriteSigningInput(large, "k", writer)?.Code);
        Assert.Equal(0, writer.WrittenCount);

        TokenActor[] tooMany = [.. Enumerable.Repeat(new TokenActor("t", "a"), TokenClaims.ActorsMax + 1)];
        Assert.Equal(Codes.LimitReached, TokenWriter.WriteSigningInput(TokenSamples.Claims with { Actors = tooMany }, "k", writer)?.Code);
    }

    [Theory]
    [InlineData('s')]
    [InlineData('"')]
    [InlineData('é')]
    [InlineData('漢')]
    [InlineData('\uE000')]
    public void The_largest_scope_set_takes_no_more_of_a_token_than_stated(char character)
    {
        var writer = new ArrayBufferWriter<byte>();
        Assert.Null(TokenWriter.WriteSigningInput(TokenSamples.Claims with { Scopes = LargestScopes(character) }, "k", writer));
        var (_, payload) = TokenSamples.Open([.. writer.WrittenSpan, (byte)'.']);
        using var json = System.Text.Json.JsonDocument.Parse(payload);
        var bytes = Encoding.UTF8.GetByteCount(json.RootElement.GetProperty("authorization_details").GetRawText());
        Assert.InRange(bytes, 1, ScopeSet.TokenBytesMax);
        Assert.True(TokenReader.Parse([.. writer.WrittenSpan, .. Encoding.ASCII.GetBytes("." + new string('A', 86))]).IsOk);
    }

    [Fact]
    public void A_key_that_is_none_is_refused()
    {
        var bytes = new byte[32];
        bytes[31] = 1;
        Assert.Throws<ArgumentException>(() => new TokenVerifier(bytes, bytes));
        Assert.Throws<ArgumentException>(() => new TokenVerifier(bytes.AsSpan(1), bytes));
        Assert.Throws<ArgumentException>(() => new TokenSigner("k", bytes, bytes, default));
        Assert.Throws<ArgumentException>(() => new TokenSigner("", bytes, bytes, bytes));
    }

    [Fact]
    public void Another_key_or_a_strange_signature_does_not_verify()
    {
        var (signer, verifier) = TokenSamples.Pair();
        var (_, other) = TokenSamples.Pair();
        var token = TokenSamples.Sign(signer, TokenSamples.Claims);
        var parsed = TokenReader.Parse(token).Value;
        var input = token.AsSpan(0, parsed.SigningInputLength);
        Assert.True(verifier.Verify(parsed, token));
        Assert.False(other.Verify(parsed, token));
        Assert.False(verifier.Verify(input, new byte[64]));
        Assert.False(verifier.Verify(input, Enumerable.Repeat((byte)0xFF, 64).ToArray()));
        Assert.False(verifier.Verify(input, parsed.Signature.Span[1..]));
        Assert.False(verifier.Verify(input[1..], parsed.Signature.Span));
        Assert.False(verifier.Verify(parsed, input[..10]));
    }

    [Fact]
    public void Many_threads_sign_and_verify_under_one_key()
    {
        var (signer, verifier) = TokenSamples.Pair();
        Parallel.For(0, 400, new ParallelOptions { MaxDegreeOfParallelism = 24 }, i =>
        {
            var token = TokenSamples.Sign(signer, TokenSamples.Claims with { CredentialId = (UInt128)i });
            var parsed = TokenReader.Parse(token).Value;
            Assert.True(verifier.Verify(parsed, token));
            Assert.Equal((UInt128)i, parsed.Claims.CredentialId);
        });
        signer.Dispose();
        verifier.Dispose();
        Assert.Throws<ObjectDisposedException>(() => signer.MakeToken(TokenSamples.Claims));
    }

    [Fact]
    public void A_public_key_is_exported_as_a_json_web_key()
    {
        // The key of RFC 7517 appendix A.1.
        var x = System.Buffers.Text.Base64Url.DecodeFromChars("MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4");
        var y = System.Buffers.Text.Base64Url.DecodeFromChars("4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM");
        var key = new Fabric.Core.Keys.VerificationKey("1", "acme", default, x, y, Instant.Never);
        const string Jwk = """{"kty":"EC","crv":"P-256","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4","y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM","kid":"1","alg":"ES256","use":"sig"}""";
        var writer = new ArrayBufferWriter<byte>();
        JwkJson.Write(key, writer);
        Assert.Equal(Jwk, Encoding.UTF8.GetString(writer.WrittenSpan));
        writer.Clear();
        JwkJson.WriteSet([key, key], writer);
        Assert.Equal($$"""{"keys":[{{Jwk}},{{Jwk}}]}""", Encoding.UTF8.GetString(writer.WrittenSpan));
    }

    private static ScopeSet LargestScopes(char character)
    {
        var text = new string(character, 64);
        List<ScopeEntry> entries = [];
        while (entries.Count < ScopeSet.EntriesMax && ScopeSet.Create([.. entries, new(text, text, text)]).IsOk)
        {
            entries.Add(new(text, text, text));
        }

        return ScopeSet.Create(entries).Value;
    }
}
