using System.Text;
using Fabric.Core.Common;
using Fabric.Core.Tokens;
using Xunit.Abstractions;

namespace Fabric.Core.Tests.Tokens;

public sealed class BadTokenTests(ITestOutputHelper output)
{
    private const string Header = """{"alg":"ES256","typ":"at+jwt","kid":"k1"}""";

    private static readonly string Payload = MakePayload();

    [Theory]
    [InlineData("""{"alg":"none","typ":"at+jwt","kid":"k1"}""", Codes.TokenAlgorithm)]
    [InlineData("""{"alg":"None","typ":"at+jwt","kid":"k1"}""", Codes.TokenAlgorithm)]
    [InlineData("""{"alg":"HS256","typ":"at+jwt","kid":"k1"}""", Codes.TokenAlgorithm)]
    [InlineData("""{"alg":"es256","typ":"at+jwt","kid":"k1"}""", Codes.TokenAlgorithm)]
    [InlineData("""{"alg":"ES256 ","typ":"at+jwt","kid":"k1"}""", Codes.TokenAlgorithm)]
    [InlineData("""{"alg":"ES384","typ":"at+jwt","kid":"k1"}""", Codes.TokenAlgorithm)]
    [InlineData("""{"alg":null,"typ":"at+jwt","kid":"k1"}""", Codes.TokenAlgorithm)]
    [InlineData("""{"typ":"at+jwt","kid":"k1"}""", Codes.TokenAlgorithm)]
    [InlineData("""{"alg":"ES256","typ":"JWT","kid":"k1"}""", Codes.TokenAlgorithm)]
    [InlineData("""{"alg":"ES256","typ":"AT+JWT","kid":"k1"}""", Codes.TokenAlgorithm)]
    [InlineData("""{"alg":"ES256","kid":"k1"}""", Codes.TokenAlgorithm)]
    [InlineData("""{"alg":["ES256"],"typ":"at+jwt","kid":"k1"}""", Codes.TokenMalformed)]
    [InlineData("""{"alg":"ES256","typ":"at+jwt"}""", Codes.TokenMalformed)]
    [InlineData("""{"alg":"ES256","typ":"at+jwt","kid":""}""", Codes.TokenMalformed)]
    [InlineData("""{"alg":"ES256","typ":"at+jwt","kid":7}""", Codes.TokenMalformed)]
    [InlineData("""{"alg":"ES256","typ":"at+jwt","kid":"a\u0000b"}""", Codes.TokenMalformed)]
    [InlineData("""{"alg":"ES256","typ":"at+jwt","kid":"k1","crit":["exp"]}""", Codes.TokenMalformed)]
    [InlineData("""{"alg":"ES256","typ":"at+jwt","kid":"k1","jwk":{}}""", Codes.TokenMalformed)]
    [InlineData("""{"alg":"none","alg":"ES256","typ":"at+jwt","kid":"k1"}""", Codes.TokenMalformed)]
    [InlineData("""{"alg":"ES256","typ":"at+jwt","kid":"k1","k\u0069d":"k2"}""", Codes.TokenMalformed)]
    [InlineData("""["ES256"]""", Codes.TokenMalformed)]
    [InlineData("""{"alg":"ES256","typ":"at+jwt","kid":"k1"} x""", Codes.TokenMalformed)]
    [InlineData("", Codes.TokenMalformed)]
    public void A_bad_header_is_refused(string header, string code) =>
        Assert.Equal(code, TokenReader.Parse(TokenSamples.Compose(header, Payload)).Rejection?.Code);

    [Fact]
    public void The_samples_that_the_others_are_made_of_are_good()
    {
        Assert.True(TokenReader.Parse(TokenSamples.Compose(Header, Payload)).IsOk);
        Assert.True(TokenReader.Parse(TokenSamples.Compose(Header.Replace("at+jwt", "application/at+jwt"), Payload)).IsOk);
        Assert.True(TokenReader.Parse(TokenSamples.Compose(Header, Payload.Replace("\"iss\"", "\"unknown\":[{}],\"iss\""))).IsOk);
    }

    [Theory]
    [InlineData("\"iss\":", "\"isx\":")]
    [InlineData("\"sub\":\"mia\"", "\"sub\":\"mia\",\"sub\":\"mia\"")]
    [InlineData("\"sub\":\"mia\"", "\"sub\":\"mia\",\"s\\u0075b\":\"eve\"")]
    [InlineData("\"sub\":\"mia\"", "\"sub\":\"mi a\"")]
    [InlineData("\"sub\":\"mia\"", "\"sub\":\"\\ud800\"")]
    [InlineData("\"sub\":\"mia\"", "\"sub\":[\"mia\"]")]
    [InlineData("\"aud\":\"tools\"", "\"aud\":[\"tools\"]")]
    [InlineData("\"aud\":\"tools\"", "\"aud\":\"\\u202e\"")]
    [InlineData("\"exp\":1700000300", "\"exp\":\"1700000300\"")]
    [InlineData("\"exp\":1700000300", "\"exp\":1700000300.5")]
    [InlineData("\"exp\":1700000300", "\"exp\":-1")]
    [InlineData("\"exp\":1700000300", "\"exp\":9223372036854775807")]
    [InlineData("\"exp\":1700000300", "\"exp\":1e400")]
    [InlineData("\"exp\":1700000300,", "")]
    [InlineData("\"jti\":\"ffff", "\"jti\":\"FFFF")]
    [InlineData("\"jti\":\"ffff", "\"jti\":\"fff")]
    [InlineData("\"sid\":\"0000", "\"sid\":\" 000")]
    [InlineData("\"client_id\":\"billing\"", "\"client_id\":null")]
    [InlineData("\"lin\":\"AQ", "\"lin\":\"AQA")]
    [InlineData("\"lin\":\"AQ", "\"lin\":\"AA")]
    [InlineData("\"lin\":\"AQ", "\"lin\":\"\\u00c1Q")]
    [InlineData("BBQAAA", "BBAAAA")]
    [InlineData("\"authorization_details\":[", "\"authorization_details\":[],\"x\":[")]
    [InlineData("\"type\":\"tool_call\",\"tool\":\"files\"", "\"type\":\"other\",\"tool\":\"files\"")]
    [InlineData("\"tool\":\"files\"", "\"tool\":\"files\",\"unknown\":1")]
    [InlineData("\"tool\":\"files\"", "\"tool\":\"files\",\"tool\":\"*\"")]
    [InlineData("\"tool\":\"files\"", "\"tool\":\"fi\\\\les\"")]
    [InlineData("\"tool\":\"files\",", "")]
    [InlineData("\"max_calls\":5", "\"max_calls\":0")]
    [InlineData("\"max_calls\":5", "\"max_calls\":5.5")]
    [InlineData("\"read_only\":true", "\"read_only\":1")]
    [InlineData("\"per_seconds\":60", "\"per_seconds\":60,\"x\":1")]
    [InlineData("\"per_seconds\":60", "\"per\":60")]
    [InlineData("\"environment\":\"prod\"", "\"environment\":null")]
    [InlineData("1700000100.5,", "1700000100.5005,")]
    [InlineData("1700000100.5,", "1e30,")]
    [InlineData("1700000100.5,", "-1,")]
    [InlineData("[[\"00000000000000010000000000000002\",5,60000]]", "[[]]")]
    [InlineData("[[\"00000000000000010000000000000002\",5,60000]]", "[[\"0000000000000001000000000000000G\",5,60000]]")]
    [InlineData("[[\"00000000000000010000000000000002\",5,60000]]", "[[\"00000000000000010000000000000002\",5,60000,1]]")]
    [InlineData("[[\"00000000000000010000000000000002\",5,60000]]", "{}")]
    [InlineData("\"act\":{\"sub\":\"planner\",\"tenant\":\"other\"}", "\"act\":{\"sub\":\"planner\"}")]
    [InlineData("\"act\":{\"sub\":\"planner\",\"tenant\":\"other\"}", "\"act\":{\"sub\":\"planner\",\"tenant\":\"other\",\"x\":1}")]
    [InlineData("\"act\":{\"sub\":\"planner\",\"tenant\":\"other\"}", "\"act\":[]")]
    public void A_bad_payload_is_refused(string good, string bad)
    {
        Assert.Contains(good, Payload, StringComparison.Ordinal);
        var outcome = TokenReader.Parse(TokenSamples.Compose(Header, Payload.Replace(good, bad, StringComparison.Ordinal)));
        Assert.Equal(Codes.TokenMalformed, outcome.Rejection?.Code);
        output.WriteLine(outcome.Rejection?.Detail);
    }

    [Fact]
    public void Chains_and_nesting_are_bounded()
    {
        string Nested(int depth) => string.Concat(Enumerable.Repeat("""{"sub":"a","tenant":"t","act":""", depth)) + """{"sub":"a","tenant":"t"}""" + new string('}', depth);
        const string Act = """{"sub":"billing","tenant":"acme","user":"mia","act":{"sub":"planner","tenant":"other"}}""";
        Assert.True(Parse(Payload.Replace(Act, Nested(TokenClaims.ActorsMax - 1))).IsOk);
        Assert.False(Parse(Payload.Replace(Act, Nested(TokenClaims.ActorsMax))).IsOk);
        Assert.False(Parse(Payload.Replace(Act, Nested(40))).IsOk);
        Assert.False(Parse(Payload.Replace("\"iss\"", "\"x\":" + new string('[', 100) + new string(']', 100) + ",\"iss\"")).IsOk);
    }

    [Fact]
    public void Damage_to_the_compact_form_is_refused()
    {
        var token = Encoding.ASCII.GetString(TokenSamples.Compose(Header, Payload));
        var parts = token.Split('.');
        string[] bad =
        [
            "", ".", "..", "...", parts[0], $"{parts[0]}.{parts[1]}", token + ".", "." + token, token + "=", token + " ", " " + token, token + "\n",
            $"{parts[0]}=.{parts[1]}.{parts[2]}", $"{parts[0]}.{parts[1]} .{parts[2]}", $"{parts[0]}.{parts[1]}.", $"{parts[0]}..{parts[2]}",
            $"{parts[0]}.{parts[1]}.{parts[2][..^2]}", $"{parts[0]}.{parts[1]}.{parts[2]}AA", $"{parts[0]}.{parts[1]}.{parts[2][..^1]}B",
            token.Replace('A', '+'), $"{parts[0]}.{parts[1]}.{parts[2][..^1]}/", token.Insert(5, "\r\n"), token.PadRight(TokenReader.LengthMax + 1, 'A'),
        ];
        foreach (var one in bad)
        {
            Assert.Equal(Codes.TokenMalformed, TokenReader.Parse(Encoding.ASCII.GetBytes(one)).Rejection?.Code);
        }
    }

    [Fact]
    public void No_mutation_throws_or_verifies()
    {
        var (signer, verifier) = TokenSamples.Pair();
        var random = new Random((int)(Seeded.Seed(output) & int.MaxValue));
        var token = TokenSamples.Sign(signer, TokenSamples.Claims);
        var accepted = 0;
        for (var round = 0; round < 20_000; round++)
        {
            var mutated = MutateToken(random, token);
            var outcome = TokenReader.Parse(mutated);
            if (!mutated.AsSpan().SequenceEqual(token) && outcome.IsOk)
            {
                accepted++;
                Assert.False(verifier.Verify(outcome.Value, mutated));
            }
        }

        output.WriteLine($"{accepted} mutations are well-formed");
    }

    [Fact]
    public void No_mutation_of_the_json_throws_or_leaks_into_the_detail()
    {
        var random = new Random((int)(Seeded.Seed(output) & int.MaxValue));
        var accepted = 0;
        for (var round = 0; round < 20_000; round++)
        {
            var json = Encoding.Latin1.GetString(Mutate(random, Encoding.UTF8.GetBytes(Payload), 256));
            var outcome = TokenReader.Parse(TokenSamples.Compose(Header, json));
            accepted += outcome.IsOk ? 1 : 0;
            Assert.True(outcome.IsOk || outcome.Rejection.Code == Codes.TokenMalformed);
        }

        output.WriteLine($"{accepted} mutations are well-formed");
    }

    [Fact]
    public void Noise_is_refused()
    {
        var random = new Random((int)(Seeded.Seed(output) & int.MaxValue));
        for (var round = 0; round < 5_000; round++)
        {
            var noise = new byte[random.Next(300)];
            random.NextBytes(noise);
            Assert.False(TokenReader.Parse(noise).IsOk);
            Assert.False(TokenReader.Parse(TokenSamples.Compose(Header, Encoding.Latin1.GetString(noise))).IsOk);
            Assert.False(TokenReader.Parse(TokenSamples.Compose(Encoding.Latin1.GetString(noise), Payload)).IsOk);
        }
    }

    private static Outcome<ParsedToken> Parse(string payload) => TokenReader.Parse(TokenSamples.Compose(Header, payload));

    private static byte[] MutateToken(Random random, byte[] token)
    {
        const string Likely = "ABCDabcd0189-_.=";
        var bytes = Mutate(random, token, 128);
        for (var i = random.Next(3); i > 0 && bytes.Length > 0; i--)
        {
            bytes[random.Next(bytes.Length)] = (byte)Likely[random.Next(Likely.Length)];
        }

        return bytes;
    }

    private static byte[] Mutate(Random random, byte[] source, int values)
    {
        var at = random.Next(source.Length);
        var to = Math.Min(source.Length, at + random.Next(8));
        return random.Next(6) switch
        {
            0 => source[..at],
            1 => [.. source[..at], .. source[to..]],
            2 => [.. source[..to], .. source[at..]],
            3 => [.. source[..at], (byte)random.Next(values), .. source[at..]],
            _ => [.. source[..at], (byte)random.Next(values), .. source[(at + 1)..]],
        };
    }

    private static string MakePayload()
    {
        var (signer, _) = TokenSamples.Pair();
        return TokenSamples.Open(TokenSamples.Sign(signer, TokenSamples.Claims)).Payload;
    }
}
