using System.Text.Json.Nodes;
using Fabric.Client;
using Fabric.Core.Common;
using Fabric.Core.Issuers;
using Fabric.Core.Tokens;
using Fabric.Silo.Federation;
using Fabric.Silo.Outbound;
using Fabric.Silo.Tests.OAuth;
using Fabric.Silo.Tests.Outbound;
using Fabric.Testing;

namespace Fabric.Silo.Tests.Federation;

public sealed class KeySetTests : IAsyncLifetime, IDisposable
{
    private readonly ManualTimeProvider _time = new();
    private ForeignIssuer _issuer = null!;
    private OutboundHttp _http = null!;
    private KeySets _keys = null!;

    public async Task InitializeAsync()
    {
        _issuer = await ForeignIssuer.StartAsync();
        _http = new OutboundHttp(new OutboundSettings { PlainHttpNetworks = "127.0.0.0/8" }, _time);
        _keys = new KeySets(_http, _time);
    }

    public void Dispose() => _http.Dispose();

    public async Task DisposeAsync()
    {
        await _issuer.DisposeAsync();
    }

    [Fact]
    public async Task Keys_are_found_by_metadata_once_however_many_ask()
    {
        var all = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => Task.Run(() => GetAsync("e1"))));
        Assert.All(all, set => Assert.True(set.IsOk));
        Assert.Equal(["/.well-known/openid-configuration", "/keys"], _issuer.Web.Asked);
    }

    [Fact]
    public async Task Metadata_is_found_by_the_name_of_rfc_8414_too()
    {
        var plain = _issuer.Web.Answer;
        _issuer.Web.Answer = context =>
        {
            context.Request.Path = context.Request.Path == "/.well-known/oauth-authorization-server" ? "/.well-known/openid-configuration"
                : context.Request.Path == "/.well-known/openid-configuration" ? "/nothing" : context.Request.Path;
            return plain(context);
        };
        Assert.True((await GetAsync("e1")).IsOk);
    }

    [Theory]
    [InlineData("issuer", "https://other.example")]
    [InlineData("issuer", null)]
    [InlineData("jwks_uri", "file:///keys")]
    [InlineData("jwks_uri", "http://10.0.0.1/keys")]
    [InlineData("jwks_uri", null)]
    public async Task Metadata_of_another_issuer_or_that_points_where_nobody_may_go_gives_no_keys(string member, string? value)
    {
        _issuer.Metadata[member] = value;
        Assert.Equal(Codes.IssuerKeysUnavailable, (await GetAsync("e1")).Rejection?.Code);
        Assert.Equal(0, _issuer.KeysAsked);
    }

    [Fact]
    public async Task A_key_that_is_not_known_is_looked_up_and_names_that_are_made_up_are_not_asked_for_again_and_again()
    {
        Assert.True((await GetAsync("e1")).IsOk);
        Assert.Equal(Codes.IssuerKeysUnavailable, (await GetAsync("made-up")).Rejection?.Code);
        Assert.Equal(1, _issuer.KeysAsked);

        _issuer.Keys.Add(_issuer.Jwk("ES256", "e9"));
        _time.Advance(KeySetEntry.AskAgain);
        Assert.True((await GetAsync("e9")).Value.Has("e9"));
        for (var i = 0; i < 20; i++)
        {
            await GetAsync($"made-up-{i}");
        }
        Assert.Equal(2, _issuer.KeysAsked);
    }

    [Fact]
    public async Task After_a_fetch_a_key_that_is_not_there_does_not_exist()
    {
        Assert.True((await GetAsync("e1")).IsOk);
        _time.Advance(KeySetEntry.AskAgain);
        Assert.False((await GetAsync("made-up")).Value.Has("made-up"));
    }

    [Fact]
    public async Task A_key_that_was_withdrawn_is_gone_when_its_set_is_not_fresh_any_more()
    {
        Assert.True((await GetAsync("e1")).IsOk);
        _issuer.Keys.RemoveAt(0);
        _time.Advance(KeySetEntry.FreshMax);
        Assert.False((await GetAsync("e1")).Value.Has("e1"));
    }

    [Fact]
    public async Task Known_keys_are_used_for_a_while_when_the_issuer_does_not_answer_and_no_longer()
    {
        Assert.True((await GetAsync("e1")).IsOk);
        _issuer.Broken = context =>
        {
            context.Response.StatusCode = 500;
            return Task.CompletedTask;
        };
        _time.Advance(KeySetEntry.FreshMax);
        Assert.True((await GetAsync("e1")).IsOk);
        Assert.Equal(Codes.IssuerKeysUnavailable, (await GetAsync("e9")).Rejection?.Code);
        _time.Advance(KeySetEntry.StaleMax - KeySetEntry.FreshMax);
        Assert.Equal(Codes.IssuerKeysUnavailable, (await GetAsync("e1")).Rejection?.Code);
    }

    [Fact]
    public async Task An_issuer_that_does_not_answer_is_left_alone_for_longer_each_time()
    {
        var plain = _issuer.Web.Answer;
        _issuer.Broken = context =>
        {
            context.Response.StatusCode = 500;
            return Task.CompletedTask;
        };
        await GetAsync("e1");
        await GetAsync("e1");
        Assert.Single(_issuer.Web.Asked);
        _time.Advance(KeySetEntry.Retry);
        await GetAsync("e1");
        _time.Advance(KeySetEntry.Retry);
        await GetAsync("e1");
        Assert.Equal(2, _issuer.Web.Asked.Count);
        _issuer.Broken = null;
        _time.Advance(KeySetEntry.RetryMax);
        Assert.True((await GetAsync("e1")).IsOk);
    }

    [Fact]
    public async Task After_a_change_of_keys_what_names_no_key_is_judged_by_those_of_now_and_they_are_asked_for_rarely()
    {
        using var before = new SigningClient();
        var own = _issuer.Keys;
        _issuer.Keys = [before.Jwk];
        var token = _issuer.Token("mia", "fabric", _time.GetUtcNow(), head: header => header.Remove("kid"));
        Assert.False((await HasSignedAsync(token)).Value);
        _issuer.Keys = own;
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(Codes.IssuerKeysUnavailable, (await HasSignedAsync(token)).Rejection?.Code);
        _time.Advance(KeySetEntry.AskAgain);
        Assert.True((await HasSignedAsync(token)).Value);
        Assert.Equal(2, _issuer.KeysAsked);

        // Who makes signatures up does not make the fabric ask either.
        var forged = token[..^4] + "AAAA";
        _time.Advance(TimeSpan.FromSeconds(1));
        for (var i = 0; i < 20; i++)
        {
            Assert.Equal(Codes.IssuerKeysUnavailable, (await HasSignedAsync(forged)).Rejection?.Code);
        }
        Assert.Equal(2, _issuer.KeysAsked);
        _time.Advance(KeySetEntry.AskAgain);
        Assert.False((await HasSignedAsync(forged)).Value);
        Assert.Equal(3, _issuer.KeysAsked);
        Assert.True((await HasSignedAsync(token)).Value);
    }

    [Fact]
    public async Task Keys_that_cannot_be_had_any_more_count_for_as_long_as_who_asks_lets_them()
    {
        var token = _issuer.Token("mia", "fabric", _time.GetUtcNow());
        Assert.True((await HasSignedAsync(token)).Value);
        _issuer.Broken = context =>
        {
            context.Response.StatusCode = 500;
            return Task.CompletedTask;
        };
        _time.Advance(KeySetEntry.FreshMax);
        Assert.Equal(Codes.IssuerKeysUnavailable, (await HasSignedAsync(token, KeySetEntry.FreshMax)).Rejection?.Code);
        Assert.True((await HasSignedAsync(token)).Value);
    }

    [Fact]
    [Trait("Invariant", "R1")]
    public async Task A_clock_that_is_set_back_makes_no_key_believed_for_longer_and_none_waited_for()
    {
        Assert.True((await GetAsync("e1")).IsOk);
        _issuer.Keys.RemoveAt(0);
        _issuer.Keys.Add(_issuer.Jwk("ES256", "e9"));
        _time.JumpWallClock(TimeSpan.FromDays(-1));
        Assert.True((await GetAsync("e9")).Value.Has("e9"));
        Assert.False(await GetAsync("e1") is { IsOk: true } old && old.Value.Has("e1"));
    }

    [Fact]
    public async Task What_ends_authority_is_judged_by_newer_keys_before_it_is_said_that_none_has_signed_it()
    {
        using var before = new SigningClient();
        var (own, old) = (_issuer.Keys, before.Jwk);
        old["kid"] = "e1";
        _issuer.Keys = [old];
        var token = _issuer.Token("mia", "fabric", _time.GetUtcNow());
        Assert.Equal(SignatureVerdict.NotSigned, await JudgeAsync(token));
        _issuer.Keys = own;
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(SignatureVerdict.KeyUnknown, await JudgeAsync(token));
        _time.Advance(KeySetEntry.AskAgain);
        Assert.Equal(SignatureVerdict.Signed, await JudgeAsync(token));

        // By what came of one question all that came before it is judged, and nothing more is asked.
        var forged = token[..^4] + "AAAA";
        Assert.Equal((SignatureVerdict.NotSigned, 2), (await JudgeAsync(forged), _issuer.KeysAsked));
        _issuer.Broken = context =>
        {
            context.Response.StatusCode = 500;
            return Task.CompletedTask;
        };
        _time.Advance(KeySetEntry.AskAgain);
        var jwt = ForeignJwt.TryParseIssued(forged)!;
        Assert.Equal(Codes.IssuerKeysUnavailable, (await _keys.JudgeAsync(Trusted(), jwt, "e1", "ES256", _time.GetUtcNow(), default)).Rejection?.Code);
    }

    [Fact]
    [Trait("Invariant", "B1")]
    public void Without_a_name_each_key_that_fits_is_tried_for_what_ends_authority_and_so_many_at_most()
    {
        var jwt = ForeignJwt.TryParseIssued(_issuer.Token("mia", "fabric", _time.GetUtcNow()))!;
        Assert.True(Behind(ForeignKeySet.TriesMax - 1).VerifiesByAny(null, "ES256", jwt.SigningInput, jwt.Signature));
        Assert.False(Behind(ForeignKeySet.TriesMax).VerifiesByAny(null, "ES256", jwt.SigningInput, jwt.Signature));
        Assert.True(Behind(ForeignKeySet.TriesMax).VerifiesByAny("e1", "ES256", jwt.SigningInput, jwt.Signature));
        Assert.False(Behind(0).VerifiesByAny("e2", "ES256", jwt.SigningInput, jwt.Signature));
        Assert.False(Behind(0).VerifiesByAny(null, "ES384", jwt.SigningInput, jwt.Signature));

        // What lets somebody in is judged by one key alone, or by none (OpenID Connect Core section 10.1).
        Assert.True(Behind(0).Verifies(null, "ES256", jwt.SigningInput, jwt.Signature));
        Assert.False(Behind(1).Verifies(null, "ES256", jwt.SigningInput, jwt.Signature));

        ForeignKeySet Behind(int others)
        {
            var keys = new JsonArray();
            for (var i = 0; i < others; i++)
            {
                using var other = new SigningClient();
                keys.Add(other.Jwk);
            }
            keys.Add(_issuer.Jwk("ES256", "e1"));
            return ForeignKeySet.Parse(System.Text.Encoding.UTF8.GetBytes(new JsonObject { ["keys"] = keys }.ToJsonString()))!;
        }
    }

    [Fact]
    public async Task Keys_that_stand_in_the_tenants_list_are_asked_of_nobody()
    {
        var inline = Trusted() with { Jwks = _issuer.Jwks.ToJsonString() };
        Assert.True((await _keys.OfAsync(inline, "e1", default)).Value.Has("r1"));
        Assert.Empty(_issuer.Web.Asked);
    }

    [Fact]
    public async Task A_set_that_is_too_large_or_none_is_no_set()
    {
        foreach (var bomb in new[]
        {
            new string('[', 20_000), "{\"keys\":[" + string.Join(',', Enumerable.Repeat("{}", 65)) + "]}", "{\"keys\":{}}", "{}", "[]", "nonsense", "{\"keys\":[],\"keys\":[]}",
            "{\"keys\":[" + new string(' ', 70_000) + "]}",
        })
        {
            _issuer.Broken = context => LocalWeb.JsonAsync(context, bomb);
            var direct = new KeySets(_http, _time);
            Assert.Equal(Codes.IssuerKeysUnavailable, (await direct.OfAsync(Trusted() with { JwksUri = $"{_issuer.Url}/keys" }, "e1", default)).Rejection?.Code);
        }
    }

    [Fact]
    public void Keys_that_are_weak_private_symmetric_or_for_something_else_are_passed_over()
    {
        Assert.Equal(3, Count(_ => { }));
        Assert.Equal(2, Count(key => key["use"] = "enc"));
        Assert.Equal(2, Count(key => key["key_ops"] = new JsonArray("sign")));
        Assert.Equal(2, Count(key => key["kty"] = "oct"));
        Assert.Equal(2, Count(key => key["y"] = key["x"]!.DeepClone()));
        Assert.Equal(2, Count(key => key["crv"] = "P-521"));
        Assert.Equal(2, Count(key => key["kid"] = 7));
        Assert.Equal(2, Count(key => key["e"] = "AQ", at: 2));
        Assert.Equal(2, Count(key => key["e"] = "AQAA", at: 2));
        Assert.Equal(2, Count(key => key["n"] = ((string)key["n"]!)[..170], at: 2));

        int Count(Action<JsonObject> change, int at = 0)
        {
            var keys = _issuer.Jwks;
            change((JsonObject)keys["keys"]![at]!);
            return ForeignKeySet.Parse(System.Text.Encoding.UTF8.GetBytes(keys.ToJsonString()))!.Keys.Count;
        }
    }

    private Task<Outcome<ForeignKeySet>> GetAsync(string kid) => _keys.OfAsync(Trusted(), kid, default).AsTask();

    private Task<Outcome<bool>> HasSignedAsync(string token, TimeSpan? staleMax = null)
    {
        var jwt = ForeignJwt.TryParseIssued(token)!;
        return _keys.HasSignedAsync(Trusted(), jwt, ForeignJwt.Text(jwt.Header, "kid"), "ES256", default, staleMax).AsTask();
    }

    private async Task<SignatureVerdict> JudgeAsync(string token)
    {
        var jwt = ForeignJwt.TryParseIssued(token)!;
        return (await _keys.JudgeAsync(Trusted(), jwt, ForeignJwt.Text(jwt.Header, "kid"), "ES256", _time.GetUtcNow(), default)).OrThrow();
    }

    private TrustedIssuer Trusted() => new("i", IssuerKind.Users, _issuer.Url, null, null, ["fabric"], ["ES256"], "sub", [], false, false);
}
