using System.Net;
using System.Text.Json.Nodes;
using Fabric.Client;
using Fabric.Contracts;
using Fabric.Contracts.Issuers;
using Fabric.Contracts.Users;
using Fabric.Core.Common;
using Fabric.Engine;
using Fabric.Silo.Federation;
using Fabric.Silo.Outbound;
using Fabric.Silo.Signals.Intake;
using Fabric.Silo.Tests.Federation;
using Fabric.Silo.Tests.OAuth;
using Fabric.Silo.Tests.Outbound;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fabric.Silo.Tests.Signals;

/// <summary>Events that an identity provider pushes (RFC 8935), honest ones and others, and what becomes of its users.</summary>
public sealed class IntakeTests(FederatedServer federated) : IClassFixture<FederatedServer>
{
    private const string Caep = IntakeScenes.Caep;
    private const string Risc = IntakeScenes.Risc;
    private const string Audience = IntakeScenes.Audience;

    private readonly IntakeScenes _scenes = new(federated);

    private OAuthServer Server => federated.Server;

    private ForeignIssuer Issuer => federated.Issuer;

    [Theory]
    [InlineData(Caep + "session-revoked", "{}", "active", false)]
    [InlineData(Caep + "credential-change", """{"change_type":"revoke","credential_type":"password"}""", "active", false)]
    [InlineData(Caep + "credential-change", """{"change_type":"create","credential_type":"fido2-roaming"}""", "active", true)]
    [InlineData(Risc + "credential-compromise", """{"credential_type":"password"}""", "active", false)]
    [InlineData(Risc + "sessions-revoked", "{}", "active", false)]
    [InlineData(Risc + "account-disabled", """{"reason":"hijacking"}""", "offboarded", false)]
    [InlineData(Risc + "account-purged", "{}", "offboarded", false)]
    [InlineData(Risc + "account-enabled", "{}", "active", true)]
    [InlineData("https://example.org/another-event", "{}", "active", true)]
    public async Task An_event_ends_what_its_standard_says(string type, string fields, string status, bool isAllowed)
    {
        var scene = await _scenes.SceneAsync();
        Assert.True(await _scenes.AllowsAsync(scene));
        Assert.Equal(HttpStatusCode.Accepted, await _scenes.SendAsync(scene.Tenant, _scenes.Token(scene.User, type, fields)));
        Assert.Equal(status, (await Server.Operator.GetUserAsync(scene.Tenant, scene.User).OrThrow()).Status);
        Assert.Equal(isAllowed, await _scenes.AllowsAsync(scene));
    }

    [Fact]
    [Trait("Invariant", "A1")]
    public async Task The_audit_names_the_issuer_and_other_users_go_on()
    {
        var scene = await _scenes.SceneAsync();
        var other = await _scenes.SceneAsync(scene.Tenant, "john");
        await _scenes.SendAsync(scene.Tenant, _scenes.Token(scene.User, Caep + "session-revoked", "{}"));
        var ended = await _scenes.WaitForAsync(scene.Tenant, "user.generation_raised");
        Assert.Equal($"tenant_admin:issuer.idp@{scene.Tenant}", ended.By);
        Assert.Equal("CAEP session-revoked by idp", ended.Data.GetProperty("reason").GetString());
        Assert.False(await _scenes.AllowsAsync(scene));
        Assert.True(await _scenes.AllowsAsync(other));
    }

    [Fact]
    public async Task The_same_event_does_what_it_does_once()
    {
        var scene = await _scenes.SceneAsync();
        var token = _scenes.Token(scene.User, Caep + "session-revoked", "{}");
        Assert.Equal(HttpStatusCode.Accepted, await _scenes.SendAsync(scene.Tenant, token));
        var generation = (await Server.Operator.GetUserAsync(scene.Tenant, scene.User).OrThrow()).Generation;
        var anew = await _scenes.SceneAsync(scene.Tenant, scene.User, isKnown: true);
        Assert.True(await _scenes.AllowsAsync(anew));
        Assert.Equal(HttpStatusCode.Accepted, await _scenes.SendAsync(scene.Tenant, token));
        Assert.Equal(generation, (await Server.Operator.GetUserAsync(scene.Tenant, scene.User).OrThrow()).Generation);
        Assert.True(await _scenes.AllowsAsync(anew));
    }

    [Theory]
    [InlineData("""{"format":"iss_sub","iss":"ISSUER","sub":"USER"}""", true)]
    [InlineData("""{"format":"iss_sub","iss":"https://another.example","sub":"USER"}""", false)]
    [InlineData("""{"format":"opaque","id":"USER"}""", true)]
    [InlineData("""{"format":"email","email":"USER"}""", true)]
    [InlineData("""{"format":"account","uri":"acct:USER"}""", true)]
    [InlineData("""{"format":"complex","user":{"format":"iss_sub","iss":"ISSUER","sub":"USER"},"session":{"format":"opaque","id":"x"}}""", true)]
    [InlineData("""{"user":{"format":"email","email":"USER"},"device":{"format":"opaque","id":"x"}}""", true)]
    [InlineData("""{"format":"aliases","identifiers":[{"format":"phone_number","phone_number":"+1"},{"format":"email","email":"USER"}]}""", true)]
    [InlineData("""{"format":"complex","session":{"format":"opaque","id":"USER"}}""", false)]
    [InlineData("""{"format":"jwt_id","iss":"ISSUER","jti":"USER"}""", false)]
    [InlineData("""{"format":"opaque","id":"somebody"}""", false)]
    [InlineData("""["USER"]""", false)]
    public async Task A_subject_is_a_user_by_what_its_format_says(string subject, bool isEnded)
    {
        var scene = await _scenes.SceneAsync();
        var text = subject.Replace("ISSUER", Issuer.Url, StringComparison.Ordinal).Replace("USER", scene.User, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Accepted, await _scenes.SendAsync(scene.Tenant, _scenes.Token(scene.User, Caep + "session-revoked", "{}", claims => claims["sub_id"] = JsonNode.Parse(text))));
        Assert.Equal(!isEnded, await _scenes.AllowsAsync(scene));

        // As earlier drafts had it, in the event.
        var before = await _scenes.SceneAsync();
        text = subject.Replace("ISSUER", Issuer.Url, StringComparison.Ordinal).Replace("USER", before.User, StringComparison.Ordinal).Replace("\"format\":\"iss_sub\"", "\"subject_type\":\"iss-sub\"", StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Accepted, await _scenes.SendAsync(before.Tenant, _scenes.Token(before.User, Caep + "session-revoked", $$"""{"subject":{{text}}}""", claims => claims.Remove("sub_id"))));
        Assert.Equal(!isEnded, await _scenes.AllowsAsync(before));
    }

    [Theory]
    [InlineData("iss", "invalid_issuer")]
    [InlineData("aud", "invalid_audience")]
    [InlineData("no aud", "invalid_audience")]
    [InlineData("typ", "invalid_request")]
    [InlineData("no typ", "invalid_request")]
    [InlineData("jti", "invalid_request")]
    [InlineData("iat", "invalid_request")]
    [InlineData("old", "invalid_request")]
    [InlineData("ahead", "invalid_request")]
    [InlineData("exp", "invalid_request")]
    [InlineData("events", "invalid_request")]
    [InlineData("many", "invalid_request")]
    [InlineData("none", "invalid_key")]
    [InlineData("HS256", "invalid_key")]
    [InlineData("jwk", "invalid_request")]
    [InlineData("cut", "invalid_key")]
    [InlineData("type", "invalid_request")]
    [InlineData("large", "invalid_request")]
    public async Task What_is_no_event_of_the_transmitter_does_nothing_and_says_what_is_wrong(string what, string err)
    {
        // Keys are asked for anew, if that was not just done: only newer ones say that a key has not signed.
        Server.Time.Advance(TimeSpan.FromMinutes(1));
        var scene = await _scenes.SceneAsync();
        var now = Server.Now;
        var algorithm = what is "none" or "HS256" ? what : "ES256";
        var token = _scenes.Token(scene.User, Risc + "account-disabled", "{}", claims =>
        {
            _ = what switch
            {
                "iss" => claims["iss"] = "https://another.example",
                "aud" => claims["aud"] = "https://another.example",
                "no aud" => Drop(claims, "aud"),
                "jti" => Drop(claims, "jti"),
                "iat" => Drop(claims, "iat"),
                "old" => claims["iat"] = now - (8 * 24 * 3600),
                "ahead" => claims["iat"] = now + 3600,
                "exp" => claims["exp"] = now - 60,
                "events" => Drop(claims, "events"),
                "many" => claims["events"] = Many(),
                "large" => claims["pad"] = new string('x', 20_000),
                _ => null,
            };
        }, head =>
        {
            _ = what switch { "typ" => head["typ"] = "JWT", "no typ" => Drop(head, "typ"), "jwk" => head["jwk"] = Issuer.Jwk("ES256", "e9"), _ => null };
        }, algorithm);
        token = what == "cut" ? token[..^4] + "AAAA" : token;
        using var answer = await _scenes.PostAsync(scene.Tenant, token, what == "type" ? "application/json" : "application/secevent+jwt");
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Equal(err, (string)JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["err"]!);
        Assert.Equal("active", (await Server.Operator.GetUserAsync(scene.Tenant, scene.User).OrThrow()).Status);
        Assert.True(await _scenes.AllowsAsync(scene));

        static JsonNode? Drop(JsonObject from, string name)
        {
            from.Remove(name);
            return null;
        }

        static JsonObject Many()
        {
            var events = new JsonObject();
            for (var i = 0; i < 17; i++)
            {
                events[$"{Risc}account-disabled{i}"] = new JsonObject();
            }
            return events;
        }
    }

    [Fact]
    [Trait("Invariant", "T1")]
    public async Task An_event_for_one_tenant_touches_no_user_of_another()
    {
        var scene = await _scenes.SceneAsync();
        var other = await _scenes.SceneAsync(name: scene.User);
        Assert.Equal(HttpStatusCode.Accepted, await _scenes.SendAsync(scene.Tenant, _scenes.Token(scene.User, Risc + "account-disabled", "{}")));
        Assert.Equal("active", (await Server.Operator.GetUserAsync(other.Tenant, other.User).OrThrow()).Status);
        Assert.True(await _scenes.AllowsAsync(other));

        // A tenant that does not trust the transmitter takes nothing of it; nor does one that trusts it for something else.
        var stranger = await Server.TenantAsync();
        await Server.Operator.CreateUserAsync(stranger, new CreateUser(scene.User)).OrThrow();
        Assert.Equal(HttpStatusCode.BadRequest, await _scenes.SendAsync(stranger, _scenes.Token(scene.User, Risc + "account-disabled", "{}")));
        await federated.TrustAsync(stranger, new PutIssuer("users", Issuer.Url, Audiences: [Audience]));
        Assert.Equal(HttpStatusCode.BadRequest, await _scenes.SendAsync(stranger, _scenes.Token(scene.User, Risc + "account-disabled", "{}")));
        Assert.Equal("active", (await Server.Operator.GetUserAsync(stranger, scene.User).OrThrow()).Status);
    }

    [Fact]
    public async Task A_user_whom_nobody_knows_leaves_nothing_behind()
    {
        var scene = await _scenes.SceneAsync();
        Assert.Equal(HttpStatusCode.Accepted, await _scenes.SendAsync(scene.Tenant, _scenes.Token("nobody", Risc + "account-disabled", "{}")));
        Assert.Equal(HttpStatusCode.Accepted, await _scenes.SendAsync(scene.Tenant, _scenes.Token("nobody", Caep + "session-revoked", "{}")));

        // No tombstone: the name is free.
        Assert.Equal("active", (await Server.Operator.CreateUserAsync(scene.Tenant, new CreateUser("nobody")).OrThrow()).Status);
    }

    [Fact]
    [Trait("Invariant", "D1")]
    public async Task An_event_whose_keys_cannot_be_had_waits_is_told_and_is_in_force_once_they_can()
    {
        await using var away = await ForeignIssuer.StartAsync();
        var scene = await _scenes.SceneAsync(issuer: away);
        away.Broken = PushTarget.Says(503);
        Assert.Equal(HttpStatusCode.Accepted, await _scenes.SendAsync(scene.Tenant, _scenes.Token(scene.User, Risc + "account-disabled", "{}", issuer: away)));

        // One that is none of the issuer's waits too, since nobody can tell.
        Assert.Equal(HttpStatusCode.Accepted, await _scenes.SendAsync(scene.Tenant, _scenes.Token(scene.User, Caep + "session-revoked", "{}", issuer: away)[..^4] + "AAAA"));
        Assert.Equal("active", (await Server.Operator.GetUserAsync(scene.Tenant, scene.User).OrThrow()).Status);
        Assert.Equal(("green", true), await _scenes.HealthAsync());
        await UntilAsync("yellow");
        Assert.Equal("active", (await Server.Operator.GetUserAsync(scene.Tenant, scene.User).OrThrow()).Status);
        away.Broken = null;
        var ended = _scenes.WaitForAsync(scene.Tenant, "user.offboarded");
        await UntilAsync("green");
        Assert.Equal($"tenant_admin:issuer.idp@{scene.Tenant}", (await ended).By);
        Assert.False(await _scenes.AllowsAsync(scene));
    }

    [Fact]
    [Trait("Invariant", "D1")]
    public async Task Events_wait_with_their_transmitter_also_where_the_same_provider_is_trusted_for_something_else()
    {
        await using var away = await ForeignIssuer.StartAsync();
        var tenant = await Server.TenantAsync();
        await federated.TrustAsync(tenant, new PutIssuer("users", away.Url, Audiences: [Audience]), "a");
        await federated.TrustAsync(tenant, new PutIssuer("signals", away.Url, Audiences: [Audience]), "idp");
        var scene = await _scenes.SceneAsync(tenant);
        away.Broken = PushTarget.Says(503);
        Assert.Equal(HttpStatusCode.Accepted, await _scenes.SendAsync(tenant, _scenes.Token(scene.User, Risc + "account-disabled", "{}", issuer: away)));
        away.Broken = null;
        await UntilAskedAsync(() => away.KeysAsked > 0);
        await _scenes.WaitForAsync(tenant, "user.offboarded");
        Assert.False(await _scenes.AllowsAsync(scene));
    }

    [Fact]
    [Trait("Invariant", "B1")]
    public async Task Made_up_events_that_wait_hold_up_no_real_one()
    {
        await using var away = await ForeignIssuer.StartAsync();
        var scene = await _scenes.SceneAsync(issuer: away);
        away.Broken = PushTarget.Says(503);
        for (var i = 0; i < 60; i++)
        {
            var madeUp = _scenes.Token("nobody", Caep + "session-revoked", "{}", head: header => header["kid"] = $"made-up-{i}", issuer: away);
            Assert.Equal(HttpStatusCode.Accepted, await _scenes.SendAsync(scene.Tenant, madeUp));

            // So that the real one comes behind all of them.
            Server.Time.Advance(TimeSpan.FromMilliseconds(1));
        }
        Assert.Equal(HttpStatusCode.Accepted, await _scenes.SendAsync(scene.Tenant, _scenes.Token(scene.User, Risc + "account-disabled", "{}", issuer: away)));
        away.Broken = null;
        await UntilAskedAsync(() => away.KeysAsked > 0);

        // In this round, although it is not yet known of most of them that they are made up.
        await _scenes.WaitForAsync(scene.Tenant, "user.offboarded");
        Assert.Equal(1, away.KeysAsked);

        // What is left waits with its issuer alone.
        await Server.Operator.RemoveIssuerAsync(scene.Tenant, "idp").OrThrow();
    }

    [Fact]
    [Trait("Invariant", "R5")]
    public async Task A_tenant_whose_transmitter_does_not_answer_holds_up_no_event_of_another()
    {
        await using var slow = await ForeignIssuer.StartAsync();
        await using var away = await ForeignIssuer.StartAsync();
        slow.Broken = away.Broken = PushTarget.Says(503);
        var scene = await _scenes.SceneAsync(issuer: away);
        var held = new List<IntakeScene>();
        for (var i = 0; i < 8; i++)
        {
            held.Add(await _scenes.SceneAsync(issuer: slow));
            Assert.Equal(HttpStatusCode.Accepted, await _scenes.SendAsync(held[i].Tenant, _scenes.Token(held[i].User, Risc + "account-disabled", "{}", issuer: slow)));
        }
        Assert.Equal(HttpStatusCode.Accepted, await _scenes.SendAsync(scene.Tenant, _scenes.Token(scene.User, Risc + "account-disabled", "{}", issuer: away)));
        var asked = 0;
        slow.Broken = context =>
        {
            Interlocked.Increment(ref asked);
            return LocalWeb.UntilGoneAsync(context);
        };
        away.Broken = null;
        await UntilAskedAsync(() => Volatile.Read(ref asked) > 0);
        await _scenes.WaitForAsync(scene.Tenant, "user.offboarded");
        Assert.False(await _scenes.AllowsAsync(scene));

        // The slow one's time runs out, and what waits for it is given up with it.
        foreach (var each in held)
        {
            Assert.True(await _scenes.AllowsAsync(each));
            await Server.Operator.RemoveIssuerAsync(each.Tenant, "idp").OrThrow();
        }
        Server.Time.Advance(TimeSpan.FromSeconds(11));
    }

    [Theory]
    [InlineData("""{"format":"aliases","identifiers":[{"format":"email","email":"USER"},{"format":"iss_sub","iss":"ISSUER","sub":"john"}]}""")]
    [InlineData("""{"format":"complex","session":{"format":"opaque","id":"x"},"user":{"format":"aliases","identifiers":[{"format":"email","email":"john"},{"format":"opaque","id":"USER"}]}}""")]
    [Trait("Invariant", "R1")]
    public async Task An_event_that_names_two_users_ends_both(string subject)
    {
        var scene = await _scenes.SceneAsync();
        var (second, third) = (await _scenes.SceneAsync(scene.Tenant, "john"), await _scenes.SceneAsync(scene.Tenant, "jim"));
        var text = subject.Replace("ISSUER", Issuer.Url, StringComparison.Ordinal).Replace("USER", scene.User, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Accepted, await _scenes.SendAsync(scene.Tenant, _scenes.Token(scene.User, Caep + "session-revoked", "{}", claims => claims["sub_id"] = JsonNode.Parse(text))));
        Assert.False(await _scenes.AllowsAsync(scene));
        Assert.False(await _scenes.AllowsAsync(second));
        Assert.True(await _scenes.AllowsAsync(third));
    }

    [Theory]
    [InlineData("""{"format":"email","email":"JANE"}""", true)]
    [InlineData("""{"format":"account","uri":"acct:Jane"}""", true)]
    [InlineData("""{"format":"opaque","id":"JANE"}""", false)]
    [Trait("Invariant", "R1")]
    public async Task An_address_names_its_user_in_whatever_case_where_nobody_is_called_so_exactly(string subject, bool isEnded)
    {
        var scene = await _scenes.SceneAsync();
        Assert.Equal(HttpStatusCode.Accepted, await _scenes.SendAsync(scene.Tenant, About()));
        Assert.Equal(!isEnded, await _scenes.AllowsAsync(scene));

        // INVARIANT R5: where somebody is, nobody else is meant.
        var (exact, other) = (await _scenes.SceneAsync(scene.Tenant, "Jane"), await _scenes.SceneAsync(scene.Tenant, "JANE"));
        var small = await _scenes.SceneAsync(scene.Tenant, "jane", isKnown: true);
        Assert.Equal(HttpStatusCode.Accepted, await _scenes.SendAsync(scene.Tenant, About()));
        var isCapital = subject.Contains("JANE", StringComparison.Ordinal);
        Assert.Equal((isCapital, !isCapital, true), (await _scenes.AllowsAsync(exact), await _scenes.AllowsAsync(other), await _scenes.AllowsAsync(small)));

        string About() => _scenes.Token(scene.User, Caep + "session-revoked", "{}", claims => claims["sub_id"] = JsonNode.Parse(subject));
    }

    [Theory]
    [InlineData(EventSubjects.UsersMax - 1, HttpStatusCode.Accepted)]
    [InlineData(EventSubjects.UsersMax, HttpStatusCode.BadRequest)]
    [Trait("Invariant", "B1")]
    public async Task Of_an_event_about_too_many_none_is_ended_and_it_is_said_so(int others, HttpStatusCode status)
    {
        var scene = await _scenes.SceneAsync();
        var names = new JsonArray([.. Enumerable.Range(0, others).Select(i => Opaque($"u{i}")), Opaque(scene.User)]);
        var token = _scenes.Token(scene.User, Caep + "session-revoked", "{}", claims => claims["sub_id"] = new JsonObject { ["format"] = "aliases", ["identifiers"] = names });
        Assert.Equal(status, await _scenes.SendAsync(scene.Tenant, token));
        Assert.Equal(status != HttpStatusCode.Accepted, await _scenes.AllowsAsync(scene));

        static JsonNode Opaque(string id) => new JsonObject { ["format"] = "opaque", ["id"] = id };
    }

    [Theory]
    [InlineData("users", "sub", true)]
    [InlineData("users", "email", false)]
    [InlineData("login", "sub", true)]
    [InlineData("login", "email", false)]
    public async Task Another_issuers_subject_names_a_user_only_where_that_issuer_names_users_by_it(string kind, string claim, bool isNamed)
    {
        const string people = "https://people.example";
        var scene = await _scenes.SceneAsync();
        var command = kind == "login" ? new PutIssuer(kind, people, ClientId: "fabric", SubjectClaim: claim) : new PutIssuer(kind, people, Audiences: [Audience], SubjectClaim: claim);
        await federated.TrustAsync(scene.Tenant, command, "people");
        Assert.Equal(HttpStatusCode.Accepted, await _scenes.SendAsync(scene.Tenant, About(new JsonObject { ["format"] = "iss_sub", ["iss"] = people, ["sub"] = scene.User })));
        Assert.Equal(!isNamed, await _scenes.AllowsAsync(scene));

        // By what it is called here it is named in any case.
        Assert.Equal(HttpStatusCode.Accepted, await _scenes.SendAsync(scene.Tenant, About(new JsonObject { ["format"] = "email", ["email"] = scene.User })));
        Assert.False(await _scenes.AllowsAsync(scene));

        string About(JsonObject subject) => _scenes.Token(scene.User, Caep + "session-revoked", "{}", claims => claims["sub_id"] = subject);
    }

    [Fact]
    [Trait("Invariant", "R1")]
    public async Task A_silo_that_does_not_know_a_user_yet_catches_up_before_it_says_that_an_event_is_about_nobody()
    {
        var scene = await _scenes.SceneAsync();
        var (isBehind, mayCatchUp) = (true, false);
        await using var engine = new RelayedEngine(Server.Engine)
        {
            Instead = method => isBehind && method == nameof(IFabric.GetUserAsync) ? new ValueTask<Outcome<UserInfo>>(new Rejection(Codes.NotFound, scene.User, "not here yet")) : (object?)null,
            CatchingUp = () =>
            {
                isBehind = !mayCatchUp;
                return mayCatchUp ? null : new Rejection(Codes.StorageUnavailable, "cluster", "not now");
            },
        };
        using var http = Http();
        var (intake, token) = (IntakeOf(engine, http), _scenes.Token(scene.User, Risc + "account-disabled", "{}"));
        Assert.Equal(Codes.StorageUnavailable, (await intake.TakeAsync(scene.Tenant, token, isPolled: false, CancellationToken.None))?.Code);
        Assert.Equal("active", (await Server.Operator.GetUserAsync(scene.Tenant, scene.User).OrThrow()).Status);
        mayCatchUp = true;
        Assert.Null(await intake.TakeAsync(scene.Tenant, token, isPolled: false, CancellationToken.None));
        Assert.Equal("offboarded", (await Server.Operator.GetUserAsync(scene.Tenant, scene.User).OrThrow()).Status);
    }

    [Fact]
    [Trait("Invariant", "R1")]
    public async Task A_silo_that_does_not_know_a_transmitter_yet_catches_up_before_it_says_that_it_is_none()
    {
        var tenant = await Server.TenantAsync();
        var scene = await _scenes.SceneAsync(tenant);
        var (asked, mayCatchUp) = (0, false);
        await using var engine = new RelayedEngine(Server.Engine)
        {
            CatchingUp = () =>
            {
                asked++;
                return mayCatchUp ? null : new Rejection(Codes.StorageUnavailable, "cluster", "not now");
            },
        };
        using var http = Http();
        var (intake, token) = (IntakeOf(engine, http), _scenes.Token(scene.User, Risc + "account-disabled", "{}"));
        Assert.Equal(Codes.StorageUnavailable, (await intake.TakeAsync(tenant, token, isPolled: false, CancellationToken.None))?.Code);
        mayCatchUp = true;
        Assert.Equal("invalid_issuer", (await intake.TakeAsync(tenant, token, isPolled: false, CancellationToken.None))?.Code);
        Assert.Equal(2, asked);
        engine.CatchingUp = () =>
        {
            federated.TrustAsync(tenant, new PutIssuer("signals", Issuer.Url, Audiences: [Audience]), "idp").GetAwaiter().GetResult();
            return null;
        };
        Assert.Null(await intake.TakeAsync(tenant, token, isPolled: false, CancellationToken.None));
        Assert.False(await _scenes.AllowsAsync(scene));
    }

    [Fact]
    [Trait("Invariant", "B1")]
    public async Task However_many_ask_a_silo_catches_up_once_at_a_time_and_for_each_after_it_asked()
    {
        var (begun, most, under) = (0, 0, 0);
        var hasBegun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var mayEnd = new ManualResetEventSlim();
        await using var engine = new RelayedEngine(Server.Engine)
        {
            CatchingUp = () =>
            {
                most = Math.Max(most, Interlocked.Increment(ref under));
                begun++;
                hasBegun.TrySetResult();
                mayEnd.Wait();
                Interlocked.Decrement(ref under);
                return null;
            },
        };
        var catchUps = new CatchUps(engine);
        var first = catchUps.WaitAsync(CancellationToken.None).AsTask();
        await hasBegun.Task;
        var others = Enumerable.Range(0, 50).Select(_ => catchUps.WaitAsync(CancellationToken.None).AsTask()).ToList();
        Assert.All(others, other => Assert.False(other.IsCompleted));
        mayEnd.Set();
        Assert.All(await Task.WhenAll([first, .. others]), Assert.Null);
        Assert.Equal((2, 1), (begun, most));
    }

    [Fact]
    public async Task What_cannot_be_remembered_is_done_all_the_same_and_holds_up_nothing()
    {
        var scene = await _scenes.SceneAsync();
        var notes = new RelayedNotes(Server.Engine.Notes) { Adding = kind => kind == "signals.seen" ? new Rejection(Codes.LimitReached, kind, "full") : null };
        await using var engine = new RelayedEngine(Server.Engine) { Notes = notes };
        using var http = Http();
        var (intake, token) = (IntakeOf(engine, http), _scenes.Token(scene.User, Caep + "session-revoked", "{}"));
        Assert.Null(await intake.TakeAsync(scene.Tenant, token, isPolled: false, CancellationToken.None));
        Assert.False(await _scenes.AllowsAsync(scene));

        // Storage that is away is another matter: then it comes again.
        notes.Adding = kind => new Rejection(Codes.StorageUnavailable, kind, "away");
        Assert.Equal(Codes.StorageUnavailable, (await intake.TakeAsync(scene.Tenant, _scenes.Token(scene.User, Caep + "session-revoked", "{}"), isPolled: false, CancellationToken.None))?.Code);
    }

    private static OutboundHttp Http() => new(new OutboundSettings { PlainHttpNetworks = "127.0.0.0/8" }, TimeProvider.System);

    private SignalIntake IntakeOf(IFabricEngine engine, OutboundHttp http)
    {
        var logs = NullLoggerFactory.Instance;
        return new SignalIntake(engine, new EventTokens(engine, new KeySets(http, Server.Time), Server.Time), new WaitingEvents(engine, Server.Time, logs), Server.Time, logs);
    }

    private Task UntilAskedAsync(Func<bool> isAsked) => _scenes.UntilAsync(() => Task.FromResult(isAsked()));

    private Task UntilAsync(string status) => _scenes.UntilAsync(async () => (await _scenes.HealthAsync()).Status == status);
}
