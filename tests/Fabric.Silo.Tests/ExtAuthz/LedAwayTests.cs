using System.Net.Sockets;
using System.Text;
using Fabric.Core.Common;
using Fabric.Silo.Tests.Engine;

namespace Fabric.Silo.Tests.ExtAuthz;

/// <summary>
/// A proxy that asks by its path puts what its client chose behind the prefix. Wherever that leads, the answer is about the client's request: an open endpoint's 200 would let it through.
/// </summary>
public sealed class LedAwayTests(GuardedServer guarded) : IClassFixture<GuardedServer>
{
    private const string Path = "/v1/ext-authz";

    [Theory]
    [InlineData("/../../healthz")]
    [InlineData("/../../readyz")]
    [InlineData("/../../metrics")]
    [InlineData("/%2e%2e/%2E%2e/healthz")]
    [InlineData("/.%2e/%2e./healthz?x=1")]
    [InlineData("/admin/%2e%2e/%2e%2e/%2e%2e/healthz")]
    [InlineData("/../../../../healthz")]
    [InlineData("/../../HEALTHZ")]
    [InlineData("/../../.well-known/authzen-configuration")]
    [InlineData("/../../openapi/v1.json")]
    [InlineData("/../../v1/nothing")]
    [InlineData("/../../v1/tenants")]
    [InlineData("/..")]
    [InlineData("/.")]
    [InlineData("/../ext-authz/invoices/1")]
    [InlineData("/../ext-authz")]
    [InlineData("/")]
    [InlineData("/?x=1")]
    [InlineData("//")]
    public async Task No_path_of_a_client_leads_to_another_endpoint_or_to_headers_of_its_own(string target)
    {
        var office = await Office.OpenAsync(guarded.Server);
        foreach (var secret in (string[])[office.Token, guarded.Server.OperatorSecret])
        {
            var answer = await RawAsync(
                $"GET {Path}{target} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {secret}\r\nX-Original-Method: GET\r\nX-Original-URI: /invoices/1\r\nConnection: close\r\n\r\n");
            Assert.StartsWith("HTTP/1.1 403", answer, StringComparison.Ordinal);
            Assert.Contains("X-Fabric-Code: request.", answer, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Under_another_case_of_the_prefix_nothing_is_allowed_either()
    {
        var office = await Office.OpenAsync(guarded.Server);
        foreach (var target in (string[])["/V1/ext-authz/invoices/1", "/v1/EXT-AUTHZ/../../healthz", "/v1/Ext-Authz"])
        {
            var answer = await RawAsync($"GET {target} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {office.Token}\r\nX-Original-Method: GET\r\nX-Original-URI: /invoices/1\r\nConnection: close\r\n\r\n");
            Assert.StartsWith("HTTP/1.1 403", answer, StringComparison.Ordinal);
            Assert.Contains(Codes.RequestUnclear, answer, StringComparison.Ordinal);
        }
    }

    private async Task<string> RawAsync(string request)
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync(guarded.Server.Address.Host, guarded.Server.Address.Port);
        var stream = socket.GetStream();
        await stream.WriteAsync(Encoding.UTF8.GetBytes(request));
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return await reader.ReadToEndAsync();
    }
}
