using System.Buffers.Text;
using System.IO.Compression;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Fabric.Client;
using Fabric.Contracts.Agents;
using Fabric.Contracts.Checks;
using Fabric.Contracts.Common;
using Fabric.Contracts.Credentials;
using Fabric.Contracts.Revocations;
using Fabric.Silo.Signals;
using Fabric.Silo.Tests.Engine;

namespace Fabric.Silo.Tests.Signals;

/// <summary>draft-ietf-oauth-status-list, as a verifier reads it that knows a token, the tenant's JWKS and the draft.</summary>
public sealed class StatusListTests(ListingServer listing) : IClassFixture<ListingServer>
{
    private const string Issuer = "https://fabric.local";
    private readonly EngineServer _server = listing.Server;

    [Fact]
    public async Task A_token_names_its_list_and_the_list_follows_lock_and_revocation()
    {
        var office = await Office.OpenAsync(_server);
        Assert.Equal(0, await StatusAsync(office));
        await _server.Operator.SuspendAgentAsync(office.Tenant, office.Agent, new SuspendAgent("test")).OrThrow();
        Assert.Equal(2, await StatusAsync(office));
        await _server.Operator.ResumeAgentAsync(office.Tenant, office.Agent).OrThrow();
        Assert.Equal(0, await StatusAsync(office));
        await _server.Operator.RevokeAsync(new RevokeRequest(new NodeDto("user", office.Tenant, office.User), Reason: "test")).OrThrow();
        Assert.Equal(1, await StatusAsync(office));
    }

    [Fact]
    [Trait("Invariant", "R5")]
    public async Task A_revocation_by_id_is_that_credentials_alone()
    {
        var office = await Office.OpenAsync(_server);
        var sibling = (await _server.Operator.IssueCredentialsAsync(office.Session.Id, new IssueCredentials()).OrThrow()).Credentials[0];
        await _server.Operator.RevokeAsync(new RevokeRequest(Tenant: office.Tenant, Credentials: [office.Credential.Id], Reason: "leaked")).OrThrow();
        Assert.Equal(1, await StatusAsync(office));
        Assert.Equal(0, await StatusAsync(office with { Credential = sibling }));
    }

    [Fact]
    public async Task A_token_that_names_its_list_is_checked_as_any_other()
    {
        var office = await Office.OpenAsync(_server);
        Assert.True((await _server.Operator.CheckAsync(new CheckRequest(office.Token, "billing", "read", "invoices/1", "read")).OrThrow()).Allowed);
    }

    [Fact]
    public async Task A_tenant_that_did_not_ask_for_it_has_the_tokens_it_had()
    {
        var server = new EngineServer(options => options.StatusLists.Tenants = "other, another");
        await server.InitializeAsync();
        try
        {
            var office = await Office.OpenAsync(server);
            Assert.Null(Claims(office.Token)["status"]);
        }
        finally
        {
            await server.DisposeAsync();
        }
    }

    [Fact]
    public async Task The_list_is_also_a_cwt()
    {
        var office = await Office.OpenAsync(_server);
        var uri = UriOf(office.Token);
        using var answer = await GetAsync(PathOf(uri), "application/statuslist+cwt");
        Assert.Equal("application/statuslist+cwt", answer.Content.Headers.ContentType?.MediaType);
        var (tag, message) = ((long, object))CborValue.Read(await answer.Content.ReadAsByteArrayAsync());
        var parts = (List<object>)message;
        var (head, payload, signature) = ((byte[])parts[0], (byte[])parts[2], (byte[])parts[3]);
        Assert.Equal((18, 4), (tag, parts.Count));
        var protectedHead = (Dictionary<object, object>)CborValue.Read(head);
        Assert.Equal((-7L, "application/statuslist+cwt"), (protectedHead[1L], protectedHead[16L]));
        var claims = (Dictionary<object, object>)CborValue.Read(payload);
        Assert.Equal((uri, 20L), (claims[2L], claims[65_534L]));
        Assert.Equal(40, (long)claims[4L] - (long)claims[6L]);
        var list = (Dictionary<object, object>)claims[65_533L];
        Assert.Equal((2L, 0), (list["bits"], Lowest((byte[])list["lst"])));

        // RFC 9052 section 4.4, put together by hand.
        byte[] signed = [0x84, 0x6a, .. "Signature1"u8, 0x58, (byte)head.Length, .. head, 0x40, .. LengthOf(payload), .. payload];
        using var key = await KeyAsync(office.Tenant, Encoding.UTF8.GetString((byte[])protectedHead[4L]));
        Assert.True(key.VerifyData(signed, signature, HashAlgorithmName.SHA256));
    }

    [Theory]
    [InlineData("x")]
    [InlineData("AAAA")]
    [InlineData("_-_-!")]
    [InlineData("%20")]
    public async Task An_address_that_is_none_of_a_credential_has_no_list(string lineage)
    {
        var office = await Office.OpenAsync(_server);
        Assert.Equal(HttpStatusCode.NotFound, (await GetAsync($"/tenants/{office.Tenant}/status-lists/{lineage}")).StatusCode);
    }

    [Fact]
    [Trait("Invariant", "T1")]
    public async Task A_tenant_says_nothing_of_anothers_credentials_and_nothing_of_a_part_of_a_lineage()
    {
        var (own, other) = (await Office.OpenAsync(_server), await Office.OpenAsync(_server));
        var lineage = UriOf(own.Token).Split('/')[^1];
        Assert.Equal(HttpStatusCode.OK, (await GetAsync($"/tenants/{own.Tenant}/status-lists/{lineage}")).StatusCode);
        foreach (var path in new[]
        {
            $"/tenants/{other.Tenant}/status-lists/{lineage}", $"/tenants/nobody/status-lists/{lineage}", $"/tenants/{own.Tenant}/status-lists/{lineage[..^28]}",
            $"/tenants/{own.Tenant}/status-lists/{lineage}=", $"/tenants/{own.Tenant}/status-lists/{lineage[28..]}", $"/tenants/{own.Tenant}/status-lists/{lineage}{lineage}{lineage}{lineage}{lineage}{lineage}{lineage}{lineage}{lineage}{lineage}{lineage}{lineage}{lineage}{lineage}",
        })
        {
            Assert.Equal(HttpStatusCode.NotFound, (await GetAsync(path)).StatusCode);
        }
        Assert.Equal(HttpStatusCode.BadRequest, (await GetAsync($"/tenants/{own.Tenant}/status-lists/{lineage}?time=1686925000")).StatusCode);
    }

    [Fact]
    public async Task A_list_is_no_access_token()
    {
        var office = await Office.OpenAsync(_server);
        using var answer = await GetAsync(PathOf(UriOf(office.Token)));
        var list = await answer.Content.ReadAsStringAsync();
        Assert.False((await _server.Operator.CheckAsync(new CheckRequest(list, "billing", "read", "invoices/1", "read")).OrThrow()).Allowed);
    }

    [Fact]
    public void What_is_written_as_cbor_is_the_rfcs()
    {
        // RFC 8949 appendix A.
        foreach (var (value, hex) in new[] { (0L, "00"), (23L, "17"), (24L, "1818"), (1_000L, "1903e8"), (1_000_000L, "1a000f4240"), (1_000_000_000_000L, "1b000000e8d4a51000"), (-1L, "20"), (-100L, "3863") })
        {
            Assert.Equal(hex, Convert.ToHexStringLower(new CborWriter().Integer(value).ToArray()));
        }
        Assert.Equal("826161a161626163", Convert.ToHexStringLower(new CborWriter().Array(2).Text("a").Map(1).Text("b").Text("c").ToArray()));
        Assert.Equal("d2440102030440", Convert.ToHexStringLower([.. new CborWriter().Tag(18).Bytes([1, 2, 3, 4]).ToArray(), .. new CborWriter().Bytes([]).ToArray()]));
    }

    private async Task<int> StatusAsync(Office office)
    {
        var uri = UriOf(office.Token);
        using var answer = await GetAsync(PathOf(uri));
        Assert.Equal((HttpStatusCode.OK, "application/statuslist+jwt"), (answer.StatusCode, answer.Content.Headers.ContentType?.MediaType));
        Assert.Equal((20, "*"), ((int)answer.Headers.CacheControl!.MaxAge!.Value.TotalSeconds, answer.Headers.GetValues("Access-Control-Allow-Origin").Single()));
        var parts = (await answer.Content.ReadAsStringAsync()).Split('.');
        var head = Json(parts[0]);
        Assert.Equal(("ES256", "statuslist+jwt"), ((string)head["alg"]!, (string)head["typ"]!));
        using var key = await KeyAsync(office.Tenant, (string)head["kid"]!);
        Assert.True(key.VerifyData(Encoding.ASCII.GetBytes($"{parts[0]}.{parts[1]}"), Base64Url.DecodeFromChars(parts[2]), HashAlgorithmName.SHA256));
        var claims = Json(parts[1]);
        Assert.Equal((uri, $"{Issuer}/tenants/{office.Tenant}", 20), ((string)claims["sub"]!, (string)claims["iss"]!, (int)claims["ttl"]!));
        Assert.Equal((long)claims["iat"]! + 40, (long)claims["exp"]!);
        Assert.Equal(2, (int)claims["status_list"]!["bits"]!);
        return Lowest(Base64Url.DecodeFromChars((string)claims["status_list"]!["lst"]!));
    }

    // Section 4.1: the first status in the lowest bits of the first byte.
    private static int Lowest(byte[] compressed)
    {
        using var zlib = new ZLibStream(new MemoryStream(compressed), CompressionMode.Decompress);
        return zlib.ReadByte() & 3;
    }

    private async Task<ECDsa> KeyAsync(string tenant, string kid)
    {
        var key = (await _server.Operator.GetSigningKeysAsync(tenant).OrThrow()).Keys.Single(each => each.Kid == kid);
        return ECDsa.Create(new ECParameters
        {
            Curve = ECCurve.NamedCurves.nistP256, Q = new ECPoint { X = Base64Url.DecodeFromChars(key.X), Y = Base64Url.DecodeFromChars(key.Y) },
        });
    }

    private Task<HttpResponseMessage> GetAsync(string path, string? accept = null)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (accept is not null)
        {
            request.Headers.TryAddWithoutValidation("Accept", accept);
        }
        return _server.Http.SendAsync(request);
    }

    private static byte[] LengthOf(byte[] bytes) =>
        bytes.Length < 256 ? [0x58, (byte)bytes.Length] : [0x59, (byte)(bytes.Length >> 8), (byte)bytes.Length];

    private static string UriOf(string token)
    {
        var list = Claims(token)["status"]!["status_list"]!;
        Assert.Equal(0, (int)list["idx"]!);
        return (string)list["uri"]!;
    }

    private static string PathOf(string uri) => uri[Issuer.Length..];

    private static JsonNode Claims(string token) => Json(token.Split('.')[1]);

    private static JsonNode Json(string part) => JsonNode.Parse(Base64Url.DecodeFromChars(part))!;
}
