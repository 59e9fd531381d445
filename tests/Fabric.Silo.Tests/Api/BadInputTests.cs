using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Fabric.Contracts;
using Fabric.Contracts.Common;
using Fabric.Core.Common;
using Fabric.Silo.Api;

namespace Fabric.Silo.Tests.Api;

/// <summary>What is wrong with a request is said with a code of its own, and the fabric is not asked.</summary>
public sealed class BadInputTests(StubServer server) : IClassFixture<StubServer>
{
    private const string Tenants = "/v1/tenants";

    public static TheoryData<string, string, string> Bodies => new()
    {
        { "", Codes.MalformedRequest, "$" },
        { "{", Codes.MalformedRequest, "$" },
        { "nonsense", Codes.MalformedRequest, "$" },
        { "{\"id\":\"acme\"", Codes.MalformedRequest, "$" },
        { "{\"id\":\"acme\"} {}", Codes.MalformedRequest, "$" },
        { "{\"id\":\"acme\",}", Codes.MalformedRequest, "$" },
        { "{\"id\":\"acme\" /* note */}", Codes.MalformedRequest, "$" },
        { "{\"id\":\"\\ud800\"}", Codes.InvalidField, "$.id" },
        { "\ufeff{\"id\":\"acme\"}", Codes.MalformedRequest, "$" },
        { "null", Codes.InvalidField, "$" },
        { "[]", Codes.InvalidField, "$" },
        { "{}", Codes.InvalidField, "id" },
        { "{\"id\":null}", Codes.InvalidField, "$.id" },
        { "{\"id\":1}", Codes.InvalidField, "$.id" },
        { "{\"id\":\"acme\",\"requireApproval\":\"yes\"}", Codes.InvalidField, "$.requireApproval" },
        { "{\"id\":\"acme\",\"limits\":{\"delegationDepthMax\":1e40}}", Codes.InvalidField, "$.limits.delegationDepthMax" },
        { "{\"id\":\"acme\",\"surprise\":1}", Codes.UnknownField, "$.surprise" },
        { "{\"id\":\"acme\",\"id\":\"other\"}", Codes.DuplicateField, "$" },
        { "{\"id\":\"acme\",\"ID\":\"other\"}", Codes.DuplicateField, "$" },
        { "{\"id\":" + new string('[', 60) + new string(']', 60) + "}", Codes.InvalidField, "$.id" },
        { new string('[', 60) + new string(']', 60), Codes.InvalidField, "$" },
        { "{\"surprise\":" + new string('[', 60) + new string(']', 60) + "}", Codes.UnknownField, "$.surprise" },
    };

    [Theory]
    [MemberData(nameof(Bodies))]
    public async Task A_body_that_is_not_the_command_is_refused_with_its_own_code(string body, string code, string subject)
    {
        var problem = await RefusedAsync("POST", Tenants, StubServer.Json(body), code);
        Assert.StartsWith(subject, problem.Subject, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nesting_past_the_limit_is_refused()
    {
        var deep = "{\"agent\":\"a\",\"purpose\":\"p\",\"scopes\":[{\"tool\":\"t\",\"rate\":" + string.Concat(Enumerable.Repeat("{\"rate\":", 40)) + "1" + new string('}', 42) + "]}";
        await RefusedAsync("POST", "/v1/tenants/acme/sessions", StubServer.Json(deep), Codes.UnknownField);
    }

    [Fact]
    public async Task Bytes_that_are_not_utf8_are_refused()
    {
        var body = new ByteArrayContent([.. "{\"id\":\""u8, 0xff, 0xfe, .. "\"}"u8]);
        body.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        var problem = await RefusedAsync("POST", Tenants, body, Codes.InvalidField);
        Assert.Equal("$.id", problem.Subject);
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("application/json; charset=utf-16")]
    [InlineData("not a type")]
    public async Task Another_content_type_is_refused(string type)
    {
        var body = new ByteArrayContent("{\"id\":\"acme\"}"u8.ToArray());
        body.Headers.TryAddWithoutValidation("Content-Type", type);
        await RefusedAsync("POST", Tenants, body, Codes.ContentType);
    }

    [Fact]
    public async Task A_body_without_a_content_type_is_refused() =>
        await RefusedAsync("POST", Tenants, new ByteArrayContent("{\"id\":\"acme\"}"u8.ToArray()), Codes.ContentType);

    [Theory]
    [InlineData(Tenants, 1 << 20)]
    [InlineData("/v1/revocations", 8 << 20)]
    public async Task A_body_past_its_limit_is_refused_whether_or_not_it_states_its_length(string path, int limit)
    {
        server.Engine.Calls.Clear();
        foreach (var isChunked in new[] { false, true })
        {
            var length = isChunked ? "Transfer-Encoding: chunked" : $"Content-Length: {limit + 1}";
            var chunk = isChunked ? $"{limit + 1:x}\r\n" : "";
            var head = $"POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer operator\r\nContent-Type: application/json\r\n{length}\r\n\r\n{chunk}";
            var answer = await RawAsync([.. Encoding.ASCII.GetBytes(head), .. new byte[limit + 1]], closes: false);
            Assert.StartsWith("HTTP/1.1 413", answer, StringComparison.Ordinal);
            Assert.Contains(Codes.TooLarge, answer, StringComparison.Ordinal);
        }
        Assert.Empty(server.Engine.Calls);
    }

    [Fact]
    public async Task A_revocation_of_a_hundred_thousand_credentials_fits()
    {
        var ids = string.Join(',', Enumerable.Range(0, 100_000).Select(i => $"\"{i:x32}\""));
        server.Engine.Calls.Clear();
        var answer = await server.SendAsync("POST", "/v1/revocations", "operator", StubServer.Json($"{{\"tenant\":\"acme\",\"credentials\":[{ids}]}}"));
        Assert.Equal(HttpStatusCode.Conflict, answer.StatusCode);
        Assert.Equal(nameof(IFabric.RevokeAsync), Assert.Single(server.Engine.Calls));
    }

    [Theory]
    [InlineData("/v1/tenants?limit=many", Codes.InvalidField)]
    [InlineData("/v1/tenants?limt=3", Codes.UnknownField)]
    [InlineData("/v1/audit?from=yesterday", Codes.InvalidField)]
    [InlineData("/v1/audit?oldestFirst=1", Codes.InvalidField)]
    [InlineData("/v1/locks", Codes.InvalidField)]
    [InlineData("/v1/changes?node=jane", Codes.InvalidField)]
    [InlineData("/v1/tenants/acme/sessions?ancestor=user/other/jane", Codes.InvalidField)]
    [InlineData("/v1/revocations/-1", Codes.NotFound)]
    [InlineData("/v1/revocations/99999999999999999999999", Codes.NotFound)]
    [InlineData("/v2/tenants", Codes.UnknownPath)]
    [InlineData("/", Codes.UnknownPath)]
    public async Task A_query_or_path_that_is_not_known_is_refused(string path, string code) => await RefusedAsync("GET", path, null, code);

    [Theory]
    [InlineData("DELETE", "/v1/tenants")]
    [InlineData("PUT", "/v1/check")]
    [InlineData("PROPFIND", "/healthz")]
    public async Task A_method_that_the_path_does_not_take_is_refused(string method, string path) => await RefusedAsync(method, path, null, Codes.UnknownMethod);

    [Fact]
    public async Task Two_different_idempotency_keys_are_refused() =>
        await RefusedAsync("POST", "/v1/revocations", StubServer.Json("{\"idempotencyKey\":\"a\"}"), Codes.InvalidField, ("Idempotency-Key", "b"));

    [Fact]
    public async Task Several_authorization_headers_or_another_scheme_are_no_credentials()
    {
        foreach (var value in new[] { "Basic operator", "operator", "Bearer", "Bearer operator, Bearer operator" })
        {
            var answer = await server.SendAsync("GET", Tenants, null, null, ("Authorization", value));
            Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
            Assert.Equal("Bearer", Assert.Single(answer.Headers.WwwAuthenticate).Scheme);
        }
    }

    [Fact]
    public async Task A_body_that_breaks_off_reaches_nobody()
    {
        server.Engine.Calls.Clear();
        var head = "POST /v1/tenants HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer operator\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n";
        var answer = await RawAsync(Encoding.ASCII.GetBytes(head + "{\"id\":\"acme\"}"), closes: true);
        Assert.True(answer.Length == 0 || answer.StartsWith("HTTP/1.1 400", StringComparison.Ordinal), answer);
        Assert.Empty(server.Engine.Calls);
    }

    /// <summary>Writes bytes past any HTTP client and reads what comes back until the server closes; a reset counts as a close.</summary>
    private async Task<string> RawAsync(byte[] bytes, bool closes)
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync(server.Http.BaseAddress!.Host, server.Http.BaseAddress.Port);
        var stream = socket.GetStream();
        var writing = WriteAsync();
        var answer = new MemoryStream();
        try
        {
            await stream.CopyToAsync(answer);
        }
        catch (IOException)
        {
            // Reset: what came before it counts.
        }
        await writing;
        return Encoding.UTF8.GetString(answer.ToArray());

        async Task WriteAsync()
        {
            try
            {
                await stream.WriteAsync(bytes);
                if (closes)
                {
                    socket.Client.Shutdown(SocketShutdown.Send);
                }
            }
            catch (IOException)
            {
                // The server did not want the rest.
            }
        }
    }

    private async Task<Problem> RefusedAsync(string method, string path, HttpContent? body, string code, params (string, string)[] headers)
    {
        server.Engine.Calls.Clear();
        var request = new HttpRequestMessage(new HttpMethod(method), path) { Content = body };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", "operator");
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }
        using var answer = await server.Http.SendAsync(request);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.Content.Headers.ContentType?.MediaType == Problem.MediaType, $"{(int)answer.StatusCode} {text}");
        var problem = JsonSerializer.Deserialize(text, FabricJson.Default.Problem)!;
        Assert.Equal((code, StatusTable.Of(code)), (problem.Code, problem.Status));
        Assert.Equal(StatusTable.Of(code), (int)answer.StatusCode);
        Assert.Empty(server.Engine.Calls);
        return problem;
    }
}
