using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Fabric.Client;
using Fabric.Contracts.Checks;
using Fabric.Contracts.Common;
using Fabric.Contracts.Keys;
using Fabric.Contracts.Revocations;
using Fabric.Contracts.Users;
using Fabric.Silo.Scim;
using Fabric.Silo.Tests.Engine;

namespace Fabric.Silo.Tests.Scim;

/// <summary>A tenant's users as an identity provider provisions them: SCIM 2.0 (RFC 7643, RFC 7644), in the forms that providers send.</summary>
public sealed class ScimTests(EngineServer server) : IClassFixture<EngineServer>
{
    private const string Patch = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

    [Fact]
    public async Task A_user_is_registered_read_found_changed_and_replaced()
    {
        var scim = await ProviderAsync();
        var (status, made, location) = await scim.SendAsync("POST", "Users", User("jane@acme.example", "e1", """, "displayName":"Jane", "emails":[{"value":"jane@acme.example"}], "password":"x" """));
        Assert.Equal((201, "jane@acme.example", "Jane", "e1", true), (status, (string)made["id"]!, (string)made["displayName"]!, (string)made["externalId"]!, (bool)made["active"]!));
        Assert.Equal($"https://fabric.local/tenants/{scim.Tenant}/scim/v2/Users/jane%40acme.example", location);
        Assert.Equal(location, (string)made["meta"]!["location"]!);
        Assert.Equal("Jane", (await server.Operator.GetUserAsync(scim.Tenant, "jane@acme.example").OrThrow()).Name);
        foreach (var filter in new[] { "userName eq \"jane@acme.example\"", "externalId eq \"e1\"", "USERNAME EQ \"jane@acme.example\"", $"{ScimResource.UserSchema}:externalId eq \"e1\"" })
        {
            var found = (await scim.SendAsync("GET", "Users?filter=" + Uri.EscapeDataString(filter))).Body;
            Assert.Equal(("jane@acme.example", 1), ((string)Assert.Single(found["Resources"]!.AsArray())!["id"]!, (int)found["totalResults"]!));
        }
        Assert.Equal(0, (int)(await scim.SendAsync("GET", "Users?filter=" + Uri.EscapeDataString("externalId eq \"e2\""))).Body["totalResults"]!);

        var replaced = (await scim.SendAsync("PUT", "Users/jane@acme.example", User("jane@acme.example", "e2", ""","name":{"givenName":"Jane","familyName":"Doe"},"active":true"""))).Body;
        Assert.Equal(("Jane Doe", "e2"), ((string)replaced["displayName"]!, (string)replaced["externalId"]!));
        Assert.Equal("Jane Doe", (await server.Operator.GetUserAsync(scim.Tenant, "jane@acme.example").OrThrow()).Name);
        Assert.Equal(0, (int)(await scim.SendAsync("GET", "Users?filter=" + Uri.EscapeDataString("externalId eq \"e1\""))).Body["totalResults"]!);
    }

    [Theory]
    [InlineData("""{"op":"Replace","path":"active","value":"False"}""")]
    [InlineData("""{"op":"replace","path":"active","value":false}""")]
    [InlineData("""{"op":"replace","value":{"active":false}}""")]
    [InlineData("""{"op":"Replace","value":{"displayName":"x","active":"False","name.givenName":"y"}}""")]
    [InlineData("""{"op":"add","path":"urn:ietf:params:scim:schemas:core:2.0:User:active","value":"false"}""")]
    [InlineData("""{"op":"Replace","path":"active","value":[{"$ref":null,"value":"False"}]}""")]
    [InlineData("""{"op":"Replace","path":"displayName","value":"x"},{"OP":"replace","PATH":"Active","VALUE":"FALSE"}""")]
    [InlineData("""{"op":"replace","path":"active","value":false},{"op":"replace","path":"active","value":true}""")]
    [InlineData("""{"op":"replace","path":"userName","value":"jane.left"},{"op":"replace","path":"active","value":false}""")]
    [InlineData("""{"op":"replace","value":{"active":false,"userName":"jane.left"}}""")]
    [Trait("Invariant", "S1")]
    public async Task A_user_that_is_not_active_any_more_has_ended_with_all_that_is_derived_from_it_and_does_not_come_back(string operations)
    {
        var (office, scim) = await OfficeAsync();
        Assert.True((await CheckAsync(office)).Allowed);
        var (status, body, _) = await scim.SendAsync("PATCH", "Users/jane", Operations(operations));
        Assert.Equal((200, false), (status, (bool)body["active"]!));
        Assert.Equal("offboarded", (await server.Operator.GetUserAsync(office.Tenant, "jane").OrThrow()).Status);
        Assert.False((await CheckAsync(office)).Allowed);

        // It is still there, and not active; and it stays so.
        Assert.False((bool)(await scim.SendAsync("GET", "Users/jane")).Body["active"]!);
        foreach (var (method, again) in new[] { ("PATCH", Operations("""{"op":"replace","path":"active","value":true}""")), ("PUT", User("jane", null, ""","active":true""")) })
        {
            var (refused, error, _) = await scim.SendAsync(method, "Users/jane", again);
            Assert.Equal((400, ScimErrors.Mutability), (refused, (string)error["scimType"]!));
        }
        Assert.Equal((409, ScimErrors.Uniqueness), await scim.ErrorAsync("POST", "Users", User("jane", null)));
        Assert.False((await CheckAsync(office)).Allowed);
        Assert.Equal("offboarded", (await server.Operator.GetUserAsync(office.Tenant, "jane").OrThrow()).Status);
    }

    [Fact]
    public async Task A_name_is_the_same_in_whatever_case()
    {
        var scim = await ProviderAsync();
        Assert.Equal(201, (await scim.SendAsync("POST", "Users", User("Jane@Acme.example", "e1"))).Status);
        await server.Operator.CreateUserAsync(scim.Tenant, new CreateUser("John")).OrThrow();
        foreach (var (name, id) in new[] { ("jane@acme.example", "Jane@Acme.example"), ("JANE@ACME.EXAMPLE", "Jane@Acme.example"), ("Jane@Acme.example", "Jane@Acme.example"), ("john", "John") })
        {
            var found = (await scim.SendAsync("GET", "Users?filter=" + Uri.EscapeDataString($"userName eq \"{name}\""))).Body;
            Assert.Equal(id, (string)Assert.Single(found["Resources"]!.AsArray())!["userName"]!);
            Assert.Equal((409, ScimErrors.Uniqueness), await scim.ErrorAsync("POST", "Users", User(name, null)));
        }
        Assert.Equal(2, (await server.Operator.ListUsersAsync(scim.Tenant, new PageQuery(null, 10)).OrThrow()).Items.Count);

        // A change may write it as it likes. Whoever has ended keeps the name, in whatever case.
        Assert.Equal("Jane@Acme.example", (string)(await scim.SendAsync("PUT", "Users/Jane@Acme.example", User("jane@acme.example", "e1"))).Body["userName"]!);
        Assert.Equal(200, (await scim.SendAsync("PATCH", "Users/Jane@Acme.example", Operations("""{"op":"replace","path":"userName","value":"JANE@acme.example"},{"op":"replace","path":"active","value":false}"""))).Status);
        Assert.Equal((409, ScimErrors.Uniqueness), await scim.ErrorAsync("POST", "Users", User("jane@acme.example", null)));

        // Whom others have made so that they differ in it alone are two, and both are found, the one that is meant exactly first.
        await server.Operator.CreateUserAsync(scim.Tenant, new CreateUser("john")).OrThrow();
        var both = (await scim.SendAsync("GET", "Users?filter=" + Uri.EscapeDataString("userName eq \"john\""))).Body;
        Assert.Equal(["john", "John"], both["Resources"]!.AsArray().Select(user => (string)user!["id"]!));
        Assert.Equal(0, (int)(await scim.SendAsync("GET", "Users?filter=" + Uri.EscapeDataString("userName eq \"joh\""))).Body["totalResults"]!);
    }

    [Fact]
    [Trait("Invariant", "R1")]
    public async Task Who_is_renamed_and_not_active_in_one_request_has_ended_by_the_name_of_before()
    {
        var (office, scim) = await OfficeAsync();
        var (status, body, _) = await scim.SendAsync("PUT", "Users/jane", User("jane.left", "e1", ""","active":false"""));
        Assert.Equal((200, "jane", false), (status, (string)body["userName"]!, (bool)body["active"]!));
        Assert.Equal("offboarded", (await server.Operator.GetUserAsync(office.Tenant, "jane").OrThrow()).Status);
        Assert.False((await CheckAsync(office)).Allowed);
        Assert.Equal(404, (await scim.SendAsync("GET", "Users/jane.left")).Status);
    }

    [Fact]
    [Trait("Invariant", "S1")]
    public async Task A_user_that_is_deleted_has_ended_and_is_nobody_to_the_provider()
    {
        var (office, scim) = await OfficeAsync();
        Assert.Equal(204, (await scim.SendAsync("DELETE", "Users/jane")).Status);
        Assert.False((await CheckAsync(office)).Allowed);
        Assert.Equal("offboarded", (await server.Operator.GetUserAsync(office.Tenant, "jane").OrThrow()).Status);
        foreach (var (method, body) in new[] { ("GET", null), ("DELETE", null), ("PATCH", Operations("""{"op":"replace","path":"active","value":true}""")) })
        {
            Assert.Equal(404, (await scim.SendAsync(method, "Users/jane", body)).Status);
        }
        Assert.Equal(0, (int)(await scim.SendAsync("GET", "Users?filter=" + Uri.EscapeDataString("userName eq \"jane\""))).Body["totalResults"]!);
        Assert.Equal(0, (int)(await scim.SendAsync("GET", "Users")).Body["totalResults"]!);
        Assert.Equal((409, ScimErrors.Uniqueness), await scim.ErrorAsync("POST", "Users", User("jane", null)));
    }

    [Fact]
    [Trait("Invariant", "A1")]
    public async Task The_audit_says_that_the_provider_did_it()
    {
        var (office, scim) = await OfficeAsync();
        await scim.SendAsync("PATCH", "Users/jane", Operations("""{"op":"replace","path":"active","value":false}"""));
        var told = (await server.Operator.PullChangesAsync(new(null, office.Tenant, null, ["user.offboarded"])).OrThrow()).Changes;
        Assert.Equal(($"provisioner:okta@{office.Tenant}", "SCIM: active is false"), (Assert.Single(told).By, told[0].Data.GetProperty("reason").GetString()));
    }

    [Fact]
    public async Task Users_are_listed_in_pages()
    {
        var scim = await ProviderAsync();
        for (var i = 0; i < 5; i++)
        {
            await scim.SendAsync("POST", "Users", User($"u{i}", $"e{i}"));
        }
        await scim.SendAsync("PATCH", "Users/u1", Operations("""{"op":"replace","path":"active","value":false}"""));
        await scim.SendAsync("DELETE", "Users/u2");
        var page = (await scim.SendAsync("GET", "Users?startIndex=2&count=2")).Body;
        Assert.Equal((4, 2, 2), ((int)page["totalResults"]!, (int)page["startIndex"]!, (int)page["itemsPerPage"]!));
        Assert.Equal([("u1", "e1", false), ("u3", "e3", true)], page["Resources"]!.AsArray().Select(user => ((string)user!["id"]!, (string)user["externalId"]!, (bool)user["active"]!)));
        Assert.Equal(4, (int)(await scim.SendAsync("GET", "Users?count=0")).Body["totalResults"]!);
        Assert.Equal("u0", (string)(await scim.SendAsync("GET", "Users?startIndex=-5&count=1")).Body["Resources"]![0]!["id"]!);
    }

    [Theory]
    [InlineData("POST", "Users", "{}", ScimErrors.InvalidSyntax)]
    [InlineData("POST", "Users", "no json", ScimErrors.InvalidSyntax)]
    [InlineData("POST", "Users", "[]", ScimErrors.InvalidSyntax)]
    [InlineData("POST", "Users", """{"schemas":["USER"]}""", ScimErrors.InvalidValue)]
    [InlineData("POST", "Users", """{"schemas":["USER"],"userName":"a b"}""", ScimErrors.InvalidValue)]
    [InlineData("POST", "Users", """{"schemas":["USER"],"userName":1}""", ScimErrors.InvalidValue)]
    [InlineData("POST", "Users", """{"schemas":["USER"],"userName":"off","active":false}""", ScimErrors.InvalidValue)]
    [InlineData("POST", "Users", """{"schemas":["USER"],"userName":"two","active":true,"Active":false}""", ScimErrors.InvalidSyntax)]
    [InlineData("POST", "Users", """{"schemas":["USER"],"userName":"x","externalId":"\u202e"}""", ScimErrors.InvalidValue)]
    [InlineData("PUT", "Users/jane", """{"schemas":["USER"],"userName":"john"}""", ScimErrors.Mutability)]
    [InlineData("PATCH", "Users/jane", """{"schemas":["PATCH"]}""", ScimErrors.InvalidSyntax)]
    [InlineData("PATCH", "Users/jane", """{"schemas":["PATCH"],"Operations":[{"op":"explode","path":"active"}]}""", ScimErrors.InvalidSyntax)]
    [InlineData("PATCH", "Users/jane", """{"schemas":["PATCH"],"Operations":[{"op":"remove"}]}""", ScimErrors.NoTarget)]
    [InlineData("PATCH", "Users/jane", """{"schemas":["PATCH"],"Operations":[{"op":"remove","path":"active"}]}""", ScimErrors.Mutability)]
    [InlineData("PATCH", "Users/jane", """{"schemas":["PATCH"],"Operations":[{"op":"replace","path":"userName","value":"john"}]}""", ScimErrors.Mutability)]
    [InlineData("PATCH", "Users/jane", """{"schemas":["PATCH"],"Operations":[{"op":"replace","path":"activ","value":false}]}""", ScimErrors.InvalidPath)]
    [InlineData("PATCH", "Users/jane", """{"schemas":["PATCH"],"Operations":[{"op":"replace","path":"active","value":"no"}]}""", ScimErrors.InvalidValue)]
    [InlineData("PATCH", "Users/jane", """{"schemas":["PATCH"],"Operations":[{"op":"replace","path":"active"}]}""", ScimErrors.InvalidValue)]
    [InlineData("PATCH", "Users/jane", """{"schemas":["PATCH"],"Operations":[{"op":"replace","path":"active","value":false},{"op":"replace","path":"activ","value":1}]}""", ScimErrors.InvalidPath)]
    [InlineData("GET", "Users?filter=userName+sw+%22j%22", null, ScimErrors.InvalidFilter)]
    [InlineData("GET", "Users?filter=userName+eq+%22j%22+or+active+eq+true", null, ScimErrors.InvalidFilter)]
    [InlineData("GET", "Users?filter=userName+eq+jane", null, ScimErrors.InvalidFilter)]
    [InlineData("GET", "Users?startIndex=x", null, ScimErrors.InvalidValue)]
    public async Task What_does_not_hold_is_refused_in_the_standards_form_and_changes_nothing(string method, string path, string? body, string type)
    {
        var (office, scim) = await OfficeAsync();
        var text = body?.Replace("USER", ScimResource.UserSchema, StringComparison.Ordinal).Replace("PATCH", Patch, StringComparison.Ordinal);
        Assert.Equal((400, type), await scim.ErrorAsync(method, path, text));
        Assert.True((await CheckAsync(office)).Allowed);
        Assert.Equal(["jane"], (await server.Operator.ListUsersAsync(office.Tenant, new PageQuery(null, 10)).OrThrow()).Items.Select(user => user.Id));
    }

    [Theory]
    [InlineData("""{"op":"Add","path":"emails[type eq \"work\"].value","value":"j@x.example"}""")]
    [InlineData("""{"op":"Replace","path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department","value":"it"}""")]
    [InlineData("""{"op":"Add","path":"name.givenName","value":"Jane"}""")]
    [InlineData("""{"op":"remove","path":"phoneNumbers"}""")]
    public async Task An_attribute_that_the_fabric_has_no_use_for_fails_nothing(string operation)
    {
        var (office, scim) = await OfficeAsync();
        Assert.Equal(200, (await scim.SendAsync("PATCH", "Users/jane", Operations(operation))).Status);
        Assert.True((await CheckAsync(office)).Allowed);
    }

    [Fact]
    public async Task A_name_and_what_the_provider_calls_a_user_are_taken_away()
    {
        var scim = await ProviderAsync();
        await scim.SendAsync("POST", "Users", User("jane", "e1", ""","displayName":"Jane" """));
        var body = (await scim.SendAsync("PATCH", "Users/jane", Operations("""{"op":"remove","path":"externalId"},{"op":"remove","path":"displayName"}"""))).Body;
        Assert.Equal((null, "jane"), (body["externalId"], (string)body["displayName"]!));
    }

    [Fact]
    [Trait("Invariant", "T1")]
    public async Task A_provider_may_do_this_in_its_own_tenant_and_nothing_else()
    {
        var (office, scim) = await OfficeAsync();
        var (other, _) = await OfficeAsync();
        var stranger = scim with { Tenant = other.Tenant };
        foreach (var (method, path, body) in new[]
        {
            ("GET", "Users/jane", null), ("GET", "Users", null), ("DELETE", "Users/jane", null), ("POST", "Users", User("x", null)), ("PATCH", "Users/jane", Operations("""{"op":"replace","path":"active","value":false}""")),
            ("PUT", "Users/jane", User("jane", null, ""","active":false""")),
        })
        {
            var (status, error, _) = await stranger.SendAsync(method, path, body);
            Assert.Equal((404, "404"), (status, (string)error["status"]!));
        }
        Assert.True((await CheckAsync(other)).Allowed);

        using var client = server.Client(scim.Secret);
        Assert.Equal("auth.forbidden", (await client.CreateUserAsync(office.Tenant, new CreateUser("x"))).Rejection!.Code);
        Assert.Equal("auth.forbidden", (await client.SetUserSignInAsync(office.Tenant, "jane", new SetUserSignIn("a long enough password"))).Rejection!.Code);
        Assert.Equal("auth.forbidden", (await client.RevokeAsync(new RevokeRequest(new NodeDto("tenant", office.Tenant)))).Rejection!.Code);
        Assert.Equal("auth.forbidden", (await client.ListAgentsAsync(office.Tenant, new PageQuery(null, 10))).Rejection!.Code);
        Assert.Equal("request.invalid_field", (await server.Operator.MakeApiKeyAsync(new MakeApiKey("provisioner", "okta"))).Rejection!.Code);
    }

    [Fact]
    public async Task Discovery_says_what_is_there()
    {
        var scim = await ProviderAsync();
        var provider = (await scim.SendAsync("GET", "ServiceProviderConfig")).Body;
        Assert.Equal((true, false, true, 200), ((bool)provider["patch"]!["supported"]!, (bool)provider["bulk"]!["supported"]!, (bool)provider["filter"]!["supported"]!, (int)provider["filter"]!["maxResults"]!));
        var type = (await scim.SendAsync("GET", "ResourceTypes")).Body["Resources"]![0]!;
        var schema = (await scim.SendAsync("GET", "Schemas/" + (string)type["schema"]!)).Body;
        Assert.Equal(((string)type["schema"]!, "/Users"), ((string)schema["id"]!, (string)type["endpoint"]!));
        Assert.Equal(["userName", "displayName", "active"], schema["attributes"]!.AsArray().Select(attribute => (string)attribute!["name"]!));
        var (status, error, _) = await (scim with { Secret = "nobody" }).SendAsync("GET", "Users");
        Assert.Equal((401, "urn:ietf:params:scim:api:messages:2.0:Error", "401"), (status, (string)error["schemas"]![0]!, (string)error["status"]!));
    }

    private async Task<Provider> ProviderAsync(string? tenant = null)
    {
        if (tenant is null)
        {
            tenant = "t" + Guid.NewGuid().ToString("N");
            await server.Operator.CreateTenantAsync(new(tenant)).OrThrow();
        }
        return new Provider(server, tenant, (await server.Operator.MakeApiKeyAsync(new MakeApiKey("provisioner", "okta", tenant)).OrThrow()).Secret);
    }

    private async Task<(Office Office, Provider Scim)> OfficeAsync()
    {
        var office = await Office.OpenAsync(server);
        return (office, await ProviderAsync(office.Tenant));
    }

    private async Task<CheckAnswer> CheckAsync(Office office) => await server.Operator.CheckAsync(new CheckRequest(office.Token, "mail", "send", "desk", "read")).OrThrow();

    private static string User(string userName, string? externalId, string more = "") =>
        $$"""{"schemas":["{{ScimResource.UserSchema}}"],"userName":"{{userName}}"{{(externalId is null ? "" : $""","externalId":"{externalId}" """)}}{{more}}}""";

    private static string Operations(string operations) => $$"""{"schemas":["{{Patch}}"],"Operations":[{{operations}}]}""";

    private sealed record Provider(EngineServer Server, string Tenant, string Secret)
    {
        public async Task<(int Status, JsonNode Body, string? Location)> SendAsync(string method, string path, string? body = null)
        {
            using var request = new HttpRequestMessage(new HttpMethod(method), $"/tenants/{Tenant}/scim/v2/{path}");
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", Secret);
            request.Content = body is null ? null : new StringContent(body, Encoding.UTF8, ScimAnswer.MediaType);
            using var answer = await Server.Http.SendAsync(request);
            var text = await answer.Content.ReadAsStringAsync();
            Assert.True(answer.StatusCode == HttpStatusCode.NoContent || answer.Content.Headers.ContentType?.MediaType == ScimAnswer.MediaType, text);
            return ((int)answer.StatusCode, text.Length == 0 ? new JsonObject() : JsonNode.Parse(text)!, answer.Headers.Location?.ToString());
        }

        public async Task<(int Status, string Type)> ErrorAsync(string method, string path, string? body)
        {
            var (status, error, _) = await SendAsync(method, path, body);
            return (status, (string)error["scimType"]!);
        }
    }
}
