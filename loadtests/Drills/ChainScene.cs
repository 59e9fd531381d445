using Fabric.Contracts.Keys;
using Fabric.LoadTests.Processes;
using Fabric.LoadTests.Scenarios;

namespace Fabric.LoadTests.Drills;

/// <summary>Chains of delegation around a ring of tenants, one for each owner who will pull out, and one for the grant.</summary>
internal sealed record ChainScene(IReadOnlyList<Chain> Chains, IReadOnlyList<string> Secrets, string StrangerSecret, string Grant)
{
    /// <summary>Delegations below a user's session: as many as the fabric allows.</summary>
    public const int Depth = 8;

    /// <summary>Tenants of the ring.</summary>
    public const int Tenants = 4;

    /// <summary>The depth whose tenant takes its grant back: the grant leads there from the tenant above.</summary>
    public const int GrantDepth = 2;

    /// <summary>A user of every tenant that has nothing: for rehearsals.</summary>
    public static string Nobody => Town.User(1);

    /// <summary>Which tenant of the ring holds a depth.</summary>
    public static int TenantIndex(int depth) => depth % Tenants;

    /// <summary>Its name.</summary>
    public static string TenantOf(int depth) => $"owner-{TenantIndex(depth)}";

    /// <summary>A tenant that no session was handed to.</summary>
    private const string Stranger = "stranger";

    /// <summary>Makes tenants, grants, agents and chains, with a credential of each session, and a key of each tenant's admin.</summary>
    public static async Task<ChainScene> MakeAsync(ScenarioRun run, LocalFabric local)
    {
        var map = new DelegationMap(local.Operator);
        var (secrets, grants) = (new List<string>(), new List<string>());
        for (var i = 0; i < Tenants; i++)
        {
            var town = await map.FoundAsync(TenantOf(i));
            await town.SettleAsync(0, 2);
            secrets.Add((await local.Operator.MakeApiKeyAsync(new MakeApiKey("tenant_admin", "owner", TenantOf(i))).Need("make a key")).Secret);
        }

        _ = await map.FoundAsync(Stranger);
        var stranger = await local.Operator.MakeApiKeyAsync(new MakeApiKey("tenant_admin", "stranger", Stranger)).Need("make a key");
        for (var i = 0; i < Tenants; i++)
        {
            grants.Add(await map.TrustAsync(TenantOf(i), TenantOf(i + 1)));
        }

        for (var depth = 1; depth <= Depth; depth++)
        {
            await map.HireAsync(TenantOf(depth), Worker(depth));
            await map.HireAsync(TenantOf(depth), Sibling(depth));
        }

        using var stage = run.Log.Begin($"hand on {Depth} times over {Tenants} tenants", Depth + 2);
        var chains = new List<Chain>();
        for (var number = 0; number <= Depth + 1; number++)
        {
            chains.Add(await ChainAsync(map, number));
            stage.Advance();
        }

        return new ChainScene(chains, secrets, stranger.Secret, grants[TenantIndex(GrantDepth - 1)]);
    }

    /// <summary>Without the keys.</summary>
    public override string ToString() => nameof(ChainScene);

    private static string Worker(int depth) => $"worker-{depth}";

    private static string Sibling(int depth) => $"sibling-{depth}";

    private static async Task<Chain> ChainAsync(DelegationMap map, int number)
    {
        var sessions = new List<string> { await map.OpenAsync(TenantOf(0), 0, number) };
        var links = new List<ChainLink> { new($"chain {number}, depth 0", 0, IsSibling: false, (await map.CallsAsync(sessions[0], number, 1))[0]) };
        for (var depth = 1; depth <= Depth; depth++)
        {
            var above = sessions[^1];
            sessions.Add(await map.DelegateAsync(above, TenantOf(depth), Worker(depth), number));
            links.Add(new ChainLink($"chain {number}, depth {depth}", depth, IsSibling: false, (await map.CallsAsync(sessions[^1], number, 1))[0]));
            var beside = await map.DelegateAsync(above, TenantOf(depth), Sibling(depth), number);
            links.Add(new ChainLink($"chain {number}, beside depth {depth}", depth, IsSibling: true, (await map.CallsAsync(beside, number, 1))[0]));
        }

        return new Chain(sessions, links);
    }
}
