using Fabric.Core.Checks;
using Fabric.Core.Common;
using Fabric.Core.Index;
using Fabric.Core.Lineages;
using Fabric.Core.Scopes;
using Fabric.Core.Tokens;
using FsCheck;
using FsCheck.Fluent;
using Xunit.Abstractions;
using static Fabric.Core.Tests.Checks.CheckFixture;

namespace Fabric.Core.Tests.Checks;

/// <summary>The pipeline, with all that it remembers, against a reference that remembers nothing.</summary>
public sealed class CheckInterleavingTests(ITestOutputHelper output)
{
    private static readonly Gen<Step> Steps =
        from op in Gen.Choose(0, 19)
        from token in Gen.Choose(0, 5)
        from node in Gen.Choose(0, 4)
        from floor in Gen.Elements(0U, 1U, 2U, IndexRecord.Terminal)
        from ms in Gen.Elements(-1, 0, 1, 500, 2_000, 90_000)
        select new Step(op, token, node, floor, ms);

    [Fact]
    [Trait("Invariant", "R1")]
    [Trait("Invariant", "R2")]
    public void What_is_remembered_never_changes_an_answer() =>
        Seeded.Check(output, 150, Prop.ForAll(Steps.ArrayOf(120).ToArbitrary(), Run));

    private static void Run(Step[] steps)
    {
        var fabric = new CheckFixture(limits: new CheckLimits(TokensMax: 4)) { LeaseMomentMs = 1_000_000 };
        var claims = Enumerable.Range(0, 6).Select(i => fabric.Claims(
            i % 2 == 0 ? "acme" : "globex",
            Entry("airline", "read", "*", new ScopeConstraints(NotAfter: Start + TimeSpan.FromSeconds(300 * (i + 1)))), Entry("airline", "update", "reservation/*"))).ToArray();
        var tokens = claims.Select(c => fabric.Issue(c)).ToArray();
        RulesOf(fabric, 0);
        foreach (var step in steps)
        {
            switch (step.Op)
            {
                case 0:
                    fabric.Advance(Math.Max(0, step.Ms));
                    break;
                case 1:
                    fabric.LeaseMomentMs = fabric.Moment.MonotonicMs;
                    break;
                case 2:
                    RulesOf(fabric, step.Node);
                    break;
                case 3:
                    Turn(fabric, step);
                    break;
                case <= 7:
                    fabric.Apply(claims[step.Token].Lineage.Nodes[step.Node], step.Floor, step.Ms < 0 ? default : fabric.Moment.Now + TimeSpan.FromMilliseconds(step.Ms));
                    break;
                default:
                    var call = step.Op % 3 == 0 ? Writing : Reading with { Resource = $"reservation/{step.Node % 2}" };
                    var expected = Reference(fabric, claims[step.Token], call);
                    Assert.Equal(expected, fabric.Check(tokens[step.Token], call).Code);
                    break;
            }
        }
    }

    private static void RulesOf(CheckFixture fabric, int which) => fabric.Rules = which switch
    {
        0 => CheckRules.Default,
        1 => new CheckRules(Tenant: "acme", TenantHandle: HandleOf("acme")),
        2 => new CheckRules(Audience: "others"),
        3 => new CheckRules(BestEffortMs: 60_000),
        _ => new CheckRules(ReadBoundMs: 100, WriteBoundMs: 100),
    };

    private static void Turn(CheckFixture fabric, Step step)
    {
        switch (step.Node)
        {
            case 0:
                fabric.Keys.Remove("globex-1");
                break;
            case 1:
                fabric.Keys.Retire("globex-1", fabric.Moment.Now + TimeSpan.FromMilliseconds(Math.Max(1, step.Ms)));
                break;
            case 2:
                var records = new List<IndexRecord>();
                for (var i = 0; i < fabric.Index.ShardCount; i++)
                {
                    fabric.Index.CopyShard(i, records);
                }

                var next = new RevocationIndex((UInt128)step.Ms + 77, fabric.Index.Version + 1);
                next.ApplyBatch(records.ToArray(), fabric.Index.Revision);
                fabric.Index = next;
                break;
            default:
                Assert.Null(fabric.Keys.Add(KeyOf("globex")));
                break;
        }
    }

    // The same reasons in the same order, with nothing kept from one call to the next.
    private static string? Reference(CheckFixture fabric, TokenClaims claims, ToolCall call)
    {
        var (now, rules) = (fabric.Moment.Now, fabric.Rules);
        if (fabric.Keys.Find($"{claims.Tenant}-1") is not { } key)
        {
            return Codes.TokenKeyUnknown;
        }

        if (now.UnixMs >= claims.ExpiresAt.UnixMs + CheckRules.SkewMs)
        {
            return Codes.TokenExpired;
        }

        if (now > key.RetireAfter)
        {
            return Codes.TokenSignature;
        }

        if (rules.Audience is { } audience && audience != claims.Audience)
        {
            return Codes.TokenAudience;
        }

        if (!rules.TenantHandle.IsZero && !claims.Lineage.Contains(NodeKind.Tenant, rules.TenantHandle))
        {
            return Codes.TokenForeignTenant;
        }

        if (ReferenceLineage(fabric, claims) is { } dead)
        {
            return dead;
        }

        var match = claims.Scopes.Match(call, rules.Environment, now);
        var stalenessMs = fabric.Moment.MonotonicMs - fabric.LeaseMomentMs;
        var boundMs = call.Class == ActionClass.Read ? Math.Max(rules.ReadBoundMs, rules.BestEffortMs) : rules.WriteBoundMs;
        return match.DenialCode ?? (stalenessMs <= boundMs ? null : Codes.CheckStale);
    }

    private static string? ReferenceLineage(CheckFixture fabric, TokenClaims claims)
    {
        LineageVerdict? locked = null;
        foreach (var node in claims.Lineage.Nodes)
        {
            if (!fabric.Index.TryGet(node.Handle, out var record))
            {
                continue;
            }

            if (node.Generation < record.MinGeneration)
            {
                return new LineageVerdict(true, node.Kind, false, Instant.Never, 0).DenialCode;
            }

            if (record.LockedUntil > fabric.Moment.Now)
            {
                locked ??= new LineageVerdict(true, node.Kind, true, record.LockedUntil, 0);
            }
        }

        return locked?.DenialCode;
    }

    private sealed record Step(int Op, int Token, int Node, uint Floor, int Ms);
}
