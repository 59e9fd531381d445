using Fabric.Contracts;
using Fabric.Contracts.Agents;
using Fabric.Contracts.Common;
using Fabric.Contracts.Keys;
using Fabric.Contracts.Revocations;
using Fabric.Contracts.Sessions;
using Fabric.Contracts.Tenants;
using Fabric.Contracts.Trust;
using Fabric.Contracts.Users;
using Fabric.Core.Common;
using Fabric.Embedded.Tests.Fixtures;
using Fabric.Engine;

namespace Fabric.Embedded.Tests.Engine;

/// <summary>What one tenant may have, with limits that a test reaches.</summary>
public sealed class CountTests : IAsyncDisposable
{
    private static readonly ScopeDto[] Any = [new("*")];

    private readonly TempFolder _temp = new();
    private EmbeddedEngine _engine;

    public CountTests() => _engine = Open();

    private IFabric Operator => _engine.As(new Caller(Role.Operator, null, "root"));

    [Fact]
    [Trait("Invariant", "B1")]
    public async Task Users_agents_keys_grants_and_tenants_end_at_their_limits_with_one_code()
    {
        var acme = await TenantAsync("acme");
        foreach (var other in new[] { "globex", "initech" })
        {
            _ = await TenantAsync(other);
        }

        await EndsAsync(2, i => acme.CreateUserAsync("acme", new CreateUser($"u{i}")));
        await EndsAsync(2, i => acme.CreateAgentAsync("acme", new CreateAgent($"a{i}", "backend", Any)));
        await EndsAsync(2, i => acme.MakeApiKeyAsync(new MakeApiKey("auditor", $"k{i}", "acme")));
        await EndsAsync(2, i => Operator.MakeApiKeyAsync(new MakeApiKey("auditor", $"k{i}")));
        await EndsAsync(1, _ => acme.ProposeTrustAsync("acme", new ProposeTrust("globex", Any, DateTimeOffset.UtcNow.AddDays(1))));
        await EndsAsync(1, _ => acme.ProposeTrustAsync("acme", new ProposeTrust("initech", Any, DateTimeOffset.UtcNow.AddDays(1))));
        await EndsAsync(0, i => Operator.CreateTenantAsync(new CreateTenant($"t{i}")));

        // What has ended keeps its record, also over a restart.
        Ok(await acme.OffboardUserAsync("acme", "u0", new EndNode("left")));
        await _engine.DisposeAsync();
        _engine = Open();
        Assert.Equal(Codes.LimitReached, (await Admin("acme").CreateUserAsync("acme", new CreateUser("u9"))).Rejection?.Code);
        Assert.Equal(Codes.LimitReached, (await Admin("acme").MakeApiKeyAsync(new MakeApiKey("auditor", "k9", "acme"))).Rejection?.Code);
        Ok(await Admin("globex").CreateUserAsync("globex", new CreateUser("u0")));
    }

    [Fact]
    [Trait("Invariant", "B1")]
    public async Task Locks_end_at_their_limit_and_operators_go_on()
    {
        var acme = await TenantAsync("acme");
        for (var i = 0; i < 2; i++)
        {
            Ok(await acme.CreateAgentAsync("acme", new CreateAgent($"a{i}", "backend", Any)));
        }

        NodeDto tenant = new("tenant", "acme"), first = new("agent", "acme", "a0"), second = new("agent", "acme", "a1");
        Ok(await acme.LockAsync(new LockRequest(first, "look", Seconds: 60)));
        Assert.Equal(Codes.LimitReached, (await acme.LockAsync(new LockRequest(second, "look", Seconds: 60))).Rejection?.Code);
        Ok(await acme.LockAsync(new LockRequest(first, "longer", Seconds: 120)));
        Ok(await Operator.LockAsync(new LockRequest(tenant, "incident", Seconds: 60)));
        Ok(await acme.UnlockAsync(new UnlockRequest(first, "fine")));
        Ok(await Operator.UnlockAsync(new UnlockRequest(tenant, "over")));
        Ok(await acme.LockAsync(new LockRequest(second, "look", Seconds: 60)));
    }

    [Fact]
    [Trait("Invariant", "B1")]
    public async Task A_tenant_that_fills_the_index_keeps_no_other_from_revoking_and_no_operator()
    {
        var (acme, globex) = (await TenantAsync("acme"), await TenantAsync("globex"));
        var known = await SessionAsync(globex, "globex");
        Assert.Equal(Codes.LimitReached, (await TombstonesAsync(acme, "acme", 21)).Rejection?.Code);
        Assert.Equal(20, Ok(await TombstonesAsync(acme, "acme", 20)).Unknown!.Count);
        Assert.Equal(Codes.LimitReached, (await TombstonesAsync(acme, "acme", 1)).Rejection?.Code);
        Assert.Equal(20, _engine.Index.Count);

        // Ids that are known, until the common part is full and more.
        var ended = 0;
        for (; ended < 200; ended++)
        {
            var session = await SessionAsync(acme, "acme");
            if (!(await acme.RevokeAsync(new RevokeRequest(new NodeDto("session", "acme", session)))).IsOk)
            {
                break;
            }
        }

        Assert.Equal(100, ended + 20);
        Assert.Equal(Codes.LimitReached, (await acme.CompleteSessionAsync(await SessionAsync(acme, "acme"))).Rejection?.Code);

        // It survives a restart, and whole tenants and operators are not held by it.
        await _engine.DisposeAsync();
        _engine = Open();
        Assert.Equal(Codes.LimitReached, (await Admin("acme").CompleteSessionAsync(await SessionAsync(Admin("acme"), "acme"))).Rejection?.Code);
        Ok(await Admin("globex").RevokeAsync(new RevokeRequest(new NodeDto("session", "globex", known))));
        Ok(await TombstonesAsync(Operator, "acme", 50));
        Ok(await Admin("acme").RevokeAsync(new RevokeRequest(new NodeDto("tenant", "acme"))));
    }

    [Fact]
    [Trait("Invariant", "R1")]
    public async Task Whatever_its_agents_and_revocations_have_used_a_tenant_stops_its_agents_and_users()
    {
        var acme = await TenantAsync("acme");
        Ok(await acme.CreateUserAsync("acme", new CreateUser("u0")));
        Ok(await acme.CreateAgentAsync("acme", new CreateAgent("own", "personal", Any, Owner: "u0")));
        var completed = 0;
        for (; (await acme.CompleteSessionAsync(await SessionAsync(acme, "acme"))).IsOk; completed++)
        {
            Assert.True(completed < 200);
        }

        // Half of what it has is left for revocations; then it is used up.
        Assert.Equal(50, completed);
        for (var i = 0; i < 50; i++)
        {
            Ok(await acme.RevokeAsync(new RevokeRequest(new NodeDto("session", "acme", await SessionAsync(acme, "acme")))));
        }

        var last = new NodeDto("session", "acme", await SessionAsync(acme, "acme"));
        Assert.Equal(Codes.LimitReached, (await acme.RevokeAsync(new RevokeRequest(last))).Rejection?.Code);
        Assert.Equal(Codes.LimitReached, (await acme.LockAsync(new LockRequest(last, "look", Seconds: 60))).Rejection?.Code);
        Assert.Equal(Codes.LimitReached, (await acme.RevokeAsync(new RevokeRequest(new NodeDto("agent", "acme", "nobody"), Mode: "terminal"))).Rejection?.Code);

        NodeDto bot = new("agent", "acme", "bot"), user = new("user", "acme", "u0");
        Ok(await acme.SuspendAgentAsync("acme", "bot", new SuspendAgent("it leaked")));
        Ok(await acme.RevokeAsync(new RevokeRequest(bot)));
        Ok(await acme.RevokeAsync(new RevokeRequest(user)));
        Ok(await acme.OffboardUserAsync("acme", "u0", new EndNode("left")));
        Ok(await acme.RetireAgentAsync("acme", "bot", new EndNode("over")));
        Ok(await acme.RevokeAsync(new RevokeRequest(new NodeDto("tenant", "acme"))));
    }

    [Fact]
    [Trait("Invariant", "R1")]
    public async Task Ids_that_were_never_made_do_not_keep_the_real_ones_of_their_list_from_being_revoked()
    {
        var acme = await TenantAsync("acme");
        var issued = Ok(await acme.IssueCredentialsAsync(await SessionAsync(acme, "acme"), new(Count: 2))).Credentials;
        Ok(await TombstonesAsync(acme, "acme", 20));
        var strange = new string('a', 32);
        var request = new RevokeRequest(Tenant: "acme", Credentials: [issued[0].Id, strange, issued[1].Id]);
        var receipt = Ok(await acme.RevokeAsync(request));

        Assert.Equal((1, strange, false), (receipt.Unknown!.Count, Assert.Single(receipt.Unknown.Ids), receipt.Unknown.Recorded));
        Assert.Equal(22, _engine.Index.Count);
        foreach (var credential in issued)
        {
            Assert.Equal(Codes.CredentialRevoked, Ok(await Operator.CheckAsync(new(credential.Token, "mail", "call"))).Code);
        }

        // It is not taken for done: there is room for an operator, who is not held by the share.
        Assert.True(Ok(await Operator.RevokeAsync(request)).Unknown!.Recorded);
        Assert.Equal(23, _engine.Index.Count);
    }

    [Fact]
    [Trait("Invariant", "R1")]
    public async Task A_receipt_says_which_ids_the_tenant_never_had()
    {
        var (acme, globex) = (await TenantAsync("acme"), await TenantAsync("globex"));
        var session = await SessionAsync(acme, "acme");
        var id = Ok(await acme.IssueCredentialsAsync(session, new())).Credentials[0].Id;

        var wrong = Ok(await Operator.RevokeAsync(new RevokeRequest(Tenant: "globex", Credentials: [id])));
        Assert.Equal((1, id), (wrong.Unknown!.Count, Assert.Single(wrong.Unknown.Ids)));
        Assert.Equal(1, Ok(await Operator.RevokeAsync(new RevokeRequest(Tenant: "globex", Credentials: [id]))).Unknown!.Count);
        Assert.Null(Ok(await acme.RevokeAsync(new RevokeRequest(Tenant: "acme", Credentials: [id]))).Unknown);

        Assert.Equal(1, Ok(await globex.RevokeAsync(new RevokeRequest(new NodeDto("session", "globex", Guid.NewGuid().ToString("n"))))).Unknown!.Count);
        Assert.Null(Ok(await acme.RevokeAsync(new RevokeRequest(new NodeDto("session", "acme", session)))).Unknown);
        Assert.Equal("bob", Ok(await acme.RevokeAsync(new RevokeRequest(new NodeDto("user", "acme", "bob"), Mode: "terminal"))).Unknown!.Ids[0]);

        var many = Enumerable.Range(1, 15).Select(i => $"{i:x32}").ToList();
        var mixed = Ok(await Operator.RevokeAsync(new RevokeRequest(Tenant: "acme", Credentials: [id, .. many])));
        Assert.Equal((15, many[0]), (mixed.Unknown!.Count, mixed.Unknown.Ids[0]));
    }

    public async ValueTask DisposeAsync()
    {
        await _engine.DisposeAsync();
        _temp.Dispose();
    }

    private static async Task EndsAsync<T>(int max, Func<int, ValueTask<Outcome<T>>> make)
    {
        for (var i = 0; i < max; i++)
        {
            Ok(await make(i));
        }

        Assert.Equal(Codes.LimitReached, (await make(max)).Rejection?.Code);
    }

    private static T Ok<T>(Outcome<T> outcome)
    {
        Assert.True(outcome.IsOk, outcome.Rejection?.ToString());
        return outcome.Value;
    }

    private static ValueTask<Outcome<Receipt>> TombstonesAsync(IFabric fabric, string tenant, int count) =>
        fabric.RevokeAsync(new RevokeRequest(Tenant: tenant, Credentials: [.. Enumerable.Range(0, count).Select(_ => Guid.NewGuid().ToString("n"))]));

    private static async Task<string> SessionAsync(IFabric fabric, string tenant)
    {
        _ = await fabric.CreateAgentAsync(tenant, new CreateAgent("bot", "backend", Any));
        return Ok(await fabric.OpenSessionAsync(tenant, new OpenSession("bot", "work", Any))).Id;
    }

    private IFabric Admin(string tenant) => _engine.As(new Caller(Role.TenantAdmin, tenant, "ada"));

    private async Task<IFabric> TenantAsync(string tenant)
    {
        Ok(await Operator.CreateTenantAsync(new CreateTenant(tenant)));
        return Admin(tenant);
    }

    private EmbeddedEngine Open() => EmbeddedEngine.Open(new EmbeddedOptions
    {
        DataFolder = _temp.Path,
        Counts = new CountLimits
        {
            Tenants = 3, Users = 2, Agents = 2, ApiKeys = 2, TrustGrants = 2, TrustGrantsToOne = 1, Locks = 1,
            Index = new IndexLimits { Records = 320, Tenant = 100, Unknown = 20 },
        },
    });
}
