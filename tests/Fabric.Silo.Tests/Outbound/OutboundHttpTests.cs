using System.Net;
using System.Text;
using Fabric.Silo.Outbound;
using Fabric.Testing;
using Microsoft.AspNetCore.Http;

namespace Fabric.Silo.Tests.Outbound;

public sealed class OutboundHttpTests : IAsyncLifetime, IDisposable
{
    private static readonly string[] Json = ["application/json"];

    private readonly ManualTimeProvider _time = new();
    private LocalWeb _web = null!;
    private OutboundHttp _http = null!;

    public async Task InitializeAsync()
    {
        _web = await LocalWeb.StartAsync();
        _http = Client();
    }

    public void Dispose() => _http.Dispose();

    public async Task DisposeAsync()
    {
        await _web.DisposeAsync();
    }

    [Fact]
    public async Task What_is_allowed_is_fetched_with_nothing_that_tells_of_the_fabric()
    {
        HeaderDictionary? heard = null;
        _web.Answer = context =>
        {
            heard = new HeaderDictionary(context.Request.Headers.ToDictionary());
            context.Response.Headers.CacheControl = "max-age=90";
            context.Response.Headers.SetCookie = "a=b";
            return LocalWeb.JsonAsync(context, "{}");
        };
        var reply = await FetchAsync();
        Assert.True(reply.IsOk);
        Assert.Equal(("{}", TimeSpan.FromSeconds(90)), (Encoding.UTF8.GetString(reply.Body), reply.MaxAge));
        await FetchAsync();
        Assert.Equal(["Accept", "Host", "User-Agent"], heard!.Keys.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("ftp://127.0.0.1/")]
    [InlineData("file:///etc/passwd")]
    [InlineData("gopher://127.0.0.1/")]
    [InlineData("https://user:secret@example.org/")]
    [InlineData("https://example.org/#fragment")]
    public async Task Other_schemes_users_and_fragments_are_never_asked(string url) =>
        Assert.Equal(OutboundFault.Url, (await FetchAsync(new Uri(url))).Fault);

    [Theory]
    [InlineData("https://10.0.0.1/")]
    [InlineData("https://0x7f000001/")]
    [InlineData("https://2130706433/")]
    [InlineData("https://017700000001/")]
    [InlineData("https://127.1/")]
    [InlineData("https://[::1]/")]
    [InlineData("https://[::ffff:127.0.0.1]/")]
    [InlineData("https://[fe80::1]/")]
    [InlineData("https://169.254.169.254/latest/meta-data/")]
    public async Task An_address_that_is_not_public_is_refused_however_it_is_written(string url)
    {
        using var http = new OutboundHttp(new OutboundSettings(), _time);
        Assert.Equal(OutboundFault.Address, (await FetchAsync(new Uri(url), http)).Fault);
    }

    [Fact]
    public async Task Plain_http_is_refused_where_only_https_is_allowed()
    {
        using var http = new OutboundHttp(new OutboundSettings { AllowedNetworks = "127.0.0.0/8" }, _time);
        Assert.Equal(OutboundFault.Address, (await FetchAsync(_web.Url(), http)).Fault);
        Assert.Empty(_web.Asked);
    }

    [Fact]
    public async Task A_certificate_that_nobody_vouches_for_ends_it()
    {
        await using var tls = await LocalWeb.StartAsync(isTls: true);
        using var http = new OutboundHttp(new OutboundSettings { AllowedNetworks = "127.0.0.0/8" }, _time);
        Assert.Equal(OutboundFault.Unreachable, (await FetchAsync(tls.Url(), http)).Fault);
        Assert.Empty(tls.Asked);
    }

    [Fact]
    public async Task A_name_is_looked_up_once_a_connection_and_the_address_that_was_judged_is_the_one_connected_to()
    {
        var answers = new Queue<IPAddress[]>([[IPAddress.Parse("10.0.0.1"), IPAddress.Loopback], [IPAddress.Parse("10.0.0.1")]]);
        var asked = new List<string>();
        using var http = Client((name, _) =>
        {
            asked.Add(name);
            return Task.FromResult(answers.Dequeue());
        });
        _web.Answer = context =>
        {
            context.Response.Headers.Connection = "close";
            return LocalWeb.JsonAsync(context, "{}");
        };
        var url = new Uri($"http://rebind.test:{_web.Port}/");
        Assert.True((await FetchAsync(url, http)).IsOk);

        // The same name, a moment later, is a machine of the private network.
        Assert.Equal(OutboundFault.Address, (await FetchAsync(url, http)).Fault);
        Assert.Equal(["rebind.test", "rebind.test"], asked);
        Assert.Single(_web.Asked);
    }

    [Fact]
    public async Task A_name_without_an_address_is_unreachable()
    {
        using var http = Client((_, _) => Task.FromResult(Array.Empty<IPAddress>()));
        Assert.Equal(OutboundFault.Unreachable, (await FetchAsync(new Uri("https://nowhere.test/"), http)).Fault);
    }

    [Theory]
    [InlineData(301)]
    [InlineData(302)]
    [InlineData(303)]
    [InlineData(307)]
    [InlineData(308)]
    public async Task A_redirect_is_not_followed(int status)
    {
        _web.Answer = context =>
        {
            context.Response.StatusCode = status;
            context.Response.Headers.Location = "/elsewhere";
            return Task.CompletedTask;
        };
        Assert.Equal(OutboundFault.Redirected, (await FetchAsync()).Fault);
        Assert.Equal(["/"], _web.Asked);
    }

    [Theory]
    [InlineData(204)]
    [InlineData(400)]
    [InlineData(404)]
    [InlineData(500)]
    public async Task Another_status_is_no_answer_unless_it_was_asked_for(int status)
    {
        _web.Answer = context =>
        {
            context.Response.StatusCode = status;
            return Task.CompletedTask;
        };
        Assert.Equal((OutboundFault.Status, (HttpStatusCode)status), (await FetchAsync() is var reply ? (reply.Fault, reply.Status) : default));
        Assert.True((await _http.SendAsync(new OutboundRequest(_web.Url()) { Types = Json, Statuses = [status] }, default)).IsOk);
    }

    [Theory]
    [InlineData("text/html")]
    [InlineData("application/json; charset=utf-16")]
    [InlineData("application/jsonp")]
    [InlineData("")]
    public async Task Another_type_is_no_answer(string type)
    {
        _web.Answer = context => LocalWeb.JsonAsync(context, "{}", type);
        Assert.Equal(OutboundFault.ContentType, (await FetchAsync()).Fault);
    }

    [Fact]
    public async Task What_comes_packed_is_not_unpacked()
    {
        _web.Answer = context =>
        {
            context.Response.Headers.ContentEncoding = "gzip";
            return LocalWeb.JsonAsync(context, "{}");
        };
        Assert.Equal(OutboundFault.ContentType, (await FetchAsync()).Fault);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_answer_past_the_limit_is_refused_whether_it_says_so_or_not(bool says)
    {
        var body = new string(' ', 64 * 1024 + 1);
        _web.Answer = context =>
        {
            context.Response.ContentLength = says ? body.Length : null;
            return LocalWeb.JsonAsync(context, body);
        };
        Assert.Equal(OutboundFault.TooLarge, (await FetchAsync()).Fault);
        _web.Answer = context => LocalWeb.JsonAsync(context, body[1..]);
        Assert.Equal(64 * 1024, (await FetchAsync()).Body.Length);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_time_limit_counts_from_the_first_byte_to_the_last(bool begins)
    {
        var arrived = new TaskCompletionSource();
        _web.Answer = async context =>
        {
            if (begins)
            {
                context.Response.ContentType = Json[0];
                await context.Response.WriteAsync("{");
                await context.Response.Body.FlushAsync();
            }
            arrived.SetResult();
            await LocalWeb.UntilGoneAsync(context);
        };
        var asked = FetchAsync();
        await arrived.Task;
        _time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(OutboundFault.Timeout, (await asked).Fault);
    }

    [Fact]
    public async Task Who_asked_may_give_up()
    {
        using var gone = new CancellationTokenSource();
        _web.Answer = async context =>
        {
            await gone.CancelAsync();
            await LocalWeb.UntilGoneAsync(context);
        };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await _http.SendAsync(new OutboundRequest(_web.Url()), gone.Token));
    }

    [Fact]
    public async Task A_body_and_a_secret_are_sent_as_they_are()
    {
        var heard = "";
        _web.Answer = async context =>
        {
            using var reader = new StreamReader(context.Request.Body);
            heard = $"{context.Request.Method} {context.Request.ContentType} {context.Request.Headers.Authorization} {await reader.ReadToEndAsync()}";
            context.Response.StatusCode = 202;
        };
        var request = new OutboundRequest(_web.Url()) { Body = "jwt"u8.ToArray(), BodyType = "application/secevent+jwt", Authorization = "Bearer hunter2", Statuses = [202] };
        Assert.True((await _http.SendAsync(request, default)).IsOk);
        Assert.Equal("POST application/secevent+jwt Bearer hunter2 jwt", heard);
        Assert.DoesNotContain("hunter2", request.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_host_that_does_not_answer_holds_nobody_else_up()
    {
        using var slots = new HostSlots(2, 1);
        var first = await slots.TakeAsync("slow", default);
        var second = slots.TakeAsync("slow", default).AsTask();
        using (await slots.TakeAsync("quick", default))
        {
            Assert.False(second.IsCompleted);
            Assert.Equal(2, slots.Count);
        }
        first.Dispose();
        (await second).Dispose();
        Assert.Equal(0, slots.Count);
        using var gone = new CancellationTokenSource();
        using var held = await slots.TakeAsync("slow", default);
        var waits = slots.TakeAsync("slow", gone.Token).AsTask();
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waits);
        Assert.Equal(1, slots.Count);
    }

    private OutboundHttp Client(Func<string, CancellationToken, Task<IPAddress[]>>? resolve = null) =>
        new(new OutboundSettings { PlainHttpNetworks = "127.0.0.0/8" }, _time, resolve);

    private async Task<OutboundReply> FetchAsync(Uri? url = null, OutboundHttp? http = null) =>
        await (http ?? _http).SendAsync(new OutboundRequest(url ?? _web.Url()) { Types = Json }, default);
}
