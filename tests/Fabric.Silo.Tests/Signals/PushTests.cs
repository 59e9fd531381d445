using System.Net;
using System.Text.Json.Nodes;
using Fabric.Client;
using Fabric.Contracts.Keys;
using Fabric.Engine;
using Fabric.Silo.Signals;
using Fabric.Silo.Signals.Push;
using Fabric.Silo.Tests.Engine;
using Fabric.Silo.Tests.Outbound;
using Fabric.Testing;

namespace Fabric.Silo.Tests.Signals;

/// <summary>Events that are pushed (RFC 8935), as their receiver sees them.</summary>
public sealed class PushTests(PushServer pushing) : IClassFixture<PushServer>
{
    private const string Secret = "Bearer receiver-secret-0123456789";

    private EngineServer Server => pushing.Server;

    [Fact]
    public async Task An_event_arrives_as_the_standard_has_it_and_its_secret_is_in_no_answer_and_no_file()
    {
        await using var target = await PushTarget.StartAsync();
        var (office, receiver, stream) = await StreamAsync(target);
        await RotateAsync(office);
        var told = await target.NextAsync();
        Assert.Equal(("application/secevent+jwt", "application/json", Secret), (told.Type, told.Accept, told.Authorization));
        Assert.Equal((SignalEvents.CredentialChange, "siem"), (told.Event, (string)told.Claims["aud"]!));
        foreach (var path in new[] { $"stream?stream_id={stream}", $"status?stream_id={stream}", "stream" })
        {
            Assert.DoesNotContain("receiver-secret", await (await receiver.SendAsync("GET", receiver.Path(path))).Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }
        // Not the drafts (.json.new) of streams that other tests write meanwhile: each gets its name before its answer is given.
        var files = Directory.GetFiles(Path.Combine(Server.Engine.Options.DataFolder, "signals"), "*.json");
        Assert.Contains(files, file => File.ReadAllText(file).Contains(target.Url, StringComparison.Ordinal));
        Assert.DoesNotContain(files, file => File.ReadAllText(file).Contains("receiver-secret", StringComparison.Ordinal));
        var read = await ReadAsync(receiver, stream);
        Assert.Equal((PushEndpoints.Method, target.Url), ((string)read["delivery"]!["method"]!, (string)read["delivery"]!["endpoint_url"]!));
    }

    [Fact]
    [Trait("Invariant", "R3")]
    public async Task Events_come_in_order_and_one_that_was_not_taken_comes_again_before_those_behind_it()
    {
        await using var target = await PushTarget.StartAsync();
        var (office, receiver, stream) = await StreamAsync(target);
        var answers = new Queue<Microsoft.AspNetCore.Http.RequestDelegate>([
            PushTarget.Says(500), PushTarget.Says(200), PushTarget.Says(400, """{"err":"authentication_failed","description":"who are you"}"""),
        ]);
        target.Reply = context => answers.TryDequeue(out var answer) ? answer(context) : PushTarget.Says(202)(context);
        for (var i = 0; i < 3; i++)
        {
            await RotateAsync(office);
        }
        var attempts = new List<string>();
        while (attempts.Distinct().Count() < 3)
        {
            attempts.Add((await target.NextAsync()).Jti);
        }

        // 500, a plain 200, and an error that somebody can put right: none of them is an acknowledgement.
        Assert.Equal([attempts[0], attempts[0], attempts[0], attempts[0]], attempts.Take(4));
        Assert.Equal(6, attempts.Count);
        var state = await UntilAsync(receiver, stream, push => (int)push["failures"]! == 0);
        Assert.Equal(("authentication_failed", "who are you", attempts[0]), ((string)state["last_error"]!["err"]!, (string)state["last_error"]!["description"]!, (string)state["last_error"]!["jti"]!));
        Assert.Equal(0, (long)state["refused"]!);
    }

    [Fact]
    public async Task An_event_that_its_receiver_will_never_take_is_recorded_and_passed_over()
    {
        await using var target = await PushTarget.StartAsync();
        var (office, receiver, stream) = await StreamAsync(target);
        target.Reply = PushTarget.Says(400, """{"err":"invalid_request","description":"no use: receiver-secret-0123456789"}""");
        await RotateAsync(office);
        var refused = await target.NextAsync();
        var state = await UntilAsync(receiver, stream, push => (long)push["refused"]! == 1);
        Assert.Equal(("invalid_request", refused.Jti), ((string)state["last_error"]!["err"]!, (string)state["last_error"]!["jti"]!));

        // What repeats the secret is not shown.
        Assert.Null(state["last_error"]!["description"]);
        target.Reply = null;
        await RotateAsync(office);
        Assert.NotEqual(refused.Jti, (await target.NextAsync()).Jti);
    }

    [Fact]
    public async Task A_verification_comes_by_push_with_its_state()
    {
        await using var target = await PushTarget.StartAsync();
        var (_, receiver, stream) = await StreamAsync(target);
        await receiver.SendAsync("POST", receiver.Path("verify"), new JsonObject { ["stream_id"] = stream, ["state"] = "abc" }.ToJsonString());
        var told = await target.NextAsync();
        Assert.Equal((SignalEvents.Verification, "abc", stream), (told.Event, (string)told.Claims["events"]![SignalEvents.Verification]!["state"]!, (string)told.Claims["sub_id"]!["id"]!));
    }

    [Fact]
    [Trait("Invariant", "R3")]
    public async Task A_paused_stream_is_silent_and_loses_nothing_and_a_disabled_one_drops_what_happens()
    {
        await using var target = await PushTarget.StartAsync();
        var (office, receiver, stream) = await StreamAsync(target);
        await receiver.SetStatusAsync(stream, "paused");
        await RotateAsync(office);
        await RotateAsync(office);

        // Beside it is one that is not paused: once that one has been told, the paused one would have been too.
        await using var other = await PushTarget.StartAsync();
        await CreateAsync(receiver, other);
        await RotateAsync(office);
        await other.NextAsync();
        Assert.True(target.IsQuiet);
        await receiver.SetStatusAsync(stream, "enabled");
        var told = new[] { (await target.NextAsync()).Jti, (await target.NextAsync()).Jti, (await target.NextAsync()).Jti };
        Assert.Equal(told.Distinct(), told);
        await receiver.SetStatusAsync(stream, "disabled");
        await RotateAsync(office);
        await receiver.SetStatusAsync(stream, "enabled");
        await RotateAsync(office);
        var after = (await target.NextAsync()).Jti;
        Assert.DoesNotContain(after, told);
        Assert.True(target.IsQuiet);
    }

    [Fact]
    public async Task Who_has_no_key_any_more_is_known_within_seconds_and_who_has_one_again_at_once()
    {
        await using var target = await PushTarget.StartAsync();
        var (office, _, _) = await StreamAsync(target);
        await RotateAsync(office);
        await target.NextAsync();
        var key = (await Server.Operator.ListApiKeysAsync(new(null, 1_000)).OrThrow()).Items.Single(each => each.Tenant == office.Tenant && each.Subject == "siem");
        var (time, name) = (new ManualTimeProvider(DateTimeOffset.UtcNow), new Caller(Role.Auditor, office.Tenant, "siem").Name);
        var keys = new ReceiverKeys(Server.Engine, time);
        Assert.False(keys.HasKey(name));
        Assert.True(await keys.LookAsync(isNeeded: false, CancellationToken.None));
        Assert.True(keys.HasKey(name));
        await Server.Operator.RevokeApiKeyAsync(key.Id).OrThrow();
        time.Advance(ReceiverKeys.AgeMax);
        Assert.False(await keys.LookAsync(isNeeded: false, CancellationToken.None));
        Assert.False(keys.HasKey(name));
        await Server.Operator.MakeApiKeyAsync(new MakeApiKey("auditor", "siem", office.Tenant)).OrThrow();
        Assert.True(await keys.LookAsync(isNeeded: true, CancellationToken.None));
        Assert.True(keys.HasKey(name));

        // What is too old to be relied on is not.
        time.Advance(ReceiverKeys.AgeMax * 2);
        Assert.False(keys.HasKey(name));
    }

    [Fact]
    public async Task A_receiver_whose_last_key_is_revoked_is_pushed_nothing_until_it_has_one_again()
    {
        await using var target = await PushTarget.StartAsync();
        await using var other = await PushTarget.StartAsync();
        var (office, _, _) = await StreamAsync(target);
        await RotateAsync(office);
        var told = (await target.NextAsync()).Jti;
        var beside = new SsfReceiver(Server, office.Tenant, (await Server.Operator.MakeApiKeyAsync(new MakeApiKey("auditor", "beside", office.Tenant)).OrThrow()).Secret);
        await CreateAsync(beside, other);
        var key = (await Server.Operator.ListApiKeysAsync(new(null, 1_000)).OrThrow()).Items.Single(each => each.Tenant == office.Tenant && each.Subject == "siem");
        await Server.Operator.RevokeApiKeyAsync(key.Id).OrThrow();

        // Events go on until the other one has been told of ten that the first has not: by then it was noticed.
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var (toFirst, toOther) = (0, 0);
        while (toOther < toFirst + 10)
        {
            limit.Token.ThrowIfCancellationRequested();
            await RotateAsync(office);
            await other.NextAsync();
            toOther++;
            while (!target.IsQuiet)
            {
                await target.NextAsync();
                toFirst++;
            }
        }
        await Server.Operator.MakeApiKeyAsync(new MakeApiKey("auditor", "siem", office.Tenant)).OrThrow();
        for (var i = toFirst; i < toOther; i++)
        {
            Assert.NotEqual(told, told = (await target.NextAsync()).Jti);
        }
    }

    [Fact]
    public async Task A_redirect_is_not_followed_and_the_secret_goes_nowhere_else()
    {
        await using var target = await PushTarget.StartAsync();
        await using var elsewhere = await LocalWeb.StartAsync();
        var (office, receiver, stream) = await StreamAsync(target);
        target.Reply = PushTarget.Says(307, location: elsewhere.Url("/steal").ToString());
        await RotateAsync(office);
        var state = await UntilAsync(receiver, stream, push => (int)push["failures"]! >= 1);
        Assert.Equal("redirected", (string)state["last_error"]!["err"]!);
        Assert.Empty(elsewhere.Asked);

        // Another endpoint does not get the secret of the one before; the same endpoint keeps it.
        await using var next = await PushTarget.StartAsync();
        await ChangeAsync(receiver, "PATCH", stream, next.Url, null);
        Assert.Null((await next.NextAsync()).Authorization);
        await ChangeAsync(receiver, "PATCH", stream, next.Url, Secret);
        await ChangeAsync(receiver, "PATCH", stream, next.Url, null);
        await RotateAsync(office);
        Assert.Equal(Secret, (await next.NextAsync()).Authorization);
        await ChangeAsync(receiver, "PUT", stream, next.Url, null);
        await RotateAsync(office);
        Assert.Null((await next.NextAsync()).Authorization);
        Assert.Empty(elsewhere.Asked);
    }

    [Fact]
    public async Task A_receiver_that_does_not_answer_holds_up_nobody_else()
    {
        await using var slow = await PushTarget.StartAsync();
        await using var quick = await PushTarget.StartAsync();
        var (office, receiver, stream) = await StreamAsync(slow);
        slow.Reply = LocalWeb.UntilGoneAsync;
        await CreateAsync(receiver, quick);
        await RotateAsync(office);
        await slow.NextAsync();
        await quick.NextAsync();
        await RotateAsync(office);
        await quick.NextAsync();
        Assert.Equal("timeout", (string)(await UntilAsync(receiver, stream, push => (int)push["failures"]! >= 1))["last_error"]!["err"]!);
    }

    [Fact]
    public async Task A_stream_goes_from_poll_to_push_and_back_and_one_that_is_pushed_is_not_polled()
    {
        await using var target = await PushTarget.StartAsync();
        var (office, receiver, stream) = await StreamAsync(target);
        Assert.Equal(HttpStatusCode.BadRequest, (await receiver.SendAsync("POST", receiver.Path($"poll/{stream}"), "{}")).StatusCode);
        await receiver.SendAsync("PATCH", receiver.Path("stream"), new JsonObject { ["stream_id"] = stream, ["delivery"] = new JsonObject { ["method"] = SignalStreams.Poll } }.ToJsonString());
        await RotateAsync(office);
        var jti = Assert.Single(await receiver.PollAsync(stream)).Key;
        Assert.True(target.IsQuiet);
        await ChangeAsync(receiver, "PATCH", stream, target.Url, Secret);
        Assert.Equal(jti, (await target.NextAsync()).Jti);
    }

    [Theory]
    [InlineData("ftp://127.0.0.1/x", null)]
    [InlineData("http://10.0.0.1/", null)]
    [InlineData("https://10.0.0.1/", null)]
    [InlineData("https://169.254.169.254/latest", null)]
    [InlineData("https://[::ffff:10.0.0.1]/", null)]
    [InlineData("https://user:pass@receiver.example/", null)]
    [InlineData("https://receiver.example/#x", null)]
    [InlineData("receiver.example", null)]
    [InlineData("https://receiver.example/", "")]
    [InlineData("https://receiver.example/", "a\r\nX-Evil: 1")]
    [InlineData("https://receiver.example/", "\u00e9")]
    public async Task An_endpoint_that_nobody_may_name_is_refused(string url, string? authorization)
    {
        var office = await Office.OpenAsync(Server);
        var receiver = new SsfReceiver(Server, office.Tenant, (await Server.Operator.MakeApiKeyAsync(new MakeApiKey("auditor", "siem", office.Tenant)).OrThrow()).Secret);
        using var answer = await receiver.SendAsync("POST", receiver.Path("stream"), new JsonObject { ["delivery"] = DeliveryOf(url, authorization) }.ToJsonString());
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
    }

    private async Task<(Office Office, SsfReceiver Receiver, string Stream)> StreamAsync(PushTarget target)
    {
        var office = await Office.OpenAsync(Server);
        var receiver = new SsfReceiver(Server, office.Tenant, (await Server.Operator.MakeApiKeyAsync(new MakeApiKey("auditor", "siem", office.Tenant)).OrThrow()).Secret);
        return (office, receiver, await CreateAsync(receiver, target));
    }

    private static Task<string> CreateAsync(SsfReceiver receiver, PushTarget target) =>
        receiver.CreateAsync(new JsonObject { ["delivery"] = DeliveryOf(target.Url, Secret) }.ToJsonString());

    private static JsonObject DeliveryOf(string url, string? authorization)
    {
        var delivery = new JsonObject { ["method"] = PushEndpoints.Method, ["endpoint_url"] = url };
        if (authorization is not null)
        {
            delivery["authorization_header"] = authorization;
        }
        return delivery;
    }

    private static async Task ChangeAsync(SsfReceiver receiver, string method, string stream, string url, string? authorization)
    {
        using var answer = await receiver.SendAsync(method, receiver.Path("stream"), new JsonObject { ["stream_id"] = stream, ["delivery"] = DeliveryOf(url, authorization) }.ToJsonString());
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    private async Task RotateAsync(Office office) => await Server.Operator.RotateAgentSecretAsync(office.Tenant, office.Agent).OrThrow();

    private static async Task<JsonNode> ReadAsync(SsfReceiver receiver, string stream) =>
        JsonNode.Parse(await (await receiver.SendAsync("GET", receiver.Path($"stream?stream_id={stream}"))).Content.ReadAsStringAsync())!;

    // What came of an attempt is written after the receiver has answered.
    private static async Task<JsonNode> UntilAsync(SsfReceiver receiver, string stream, Func<JsonNode, bool> isThere)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (true)
        {
            limit.Token.ThrowIfCancellationRequested();
            var push = JsonNode.Parse(await (await receiver.SendAsync("GET", receiver.Path($"status?stream_id={stream}"))).Content.ReadAsStringAsync())!["push"]!;
            if (isThere(push))
            {
                return push;
            }
        }
    }
}
