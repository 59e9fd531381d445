using System.Collections.Concurrent;
using System.Security.Cryptography;
using Fabric.Contracts.Checks;
using Fabric.Core.Checks;
using Fabric.Core.Common;
using Fabric.Core.Scopes;

namespace Fabric.Embedded.Engine;

/// <summary>
/// Decides calls on the engine's own index: the authoritative check. Quota slices are taken here too, and every call is counted for the audit (A1).
/// </summary>
internal sealed class Checker(EmbeddedEngine engine)
{
    // Combinations of guarded tenant, audience and environment that are remembered (B1).
    private const int RulesMax = 10_000;
    private const int DrawsMax = 64;

    private readonly string _drawer = $"{Fabric.Engine.Caller.Fabric.Name}/{Guid.NewGuid():n}";
    private readonly QuotaSlices _quotas = new();
    private readonly ConcurrentDictionary<(string?, string?, string?, string?), CheckRules> _rules = new();
    private readonly EngineClock _clock = new(engine.Time);
    private CheckPipeline? _pipeline;

    internal UsageWindow Usage { get; } = new();

    private CheckPipeline Pipeline => _pipeline ??= new CheckPipeline(
        new AuthorityView(engine.Index, engine.Keys), _clock, RandomNumberGenerator.GetBytes(CheckPipeline.SecretSize), _quotas, Usage);

    /// <summary>Decides one call; draws quota units as needed.</summary>
    internal async ValueTask<Decision> CheckAsync(
        string token, ToolCall call, string? tenant, string? audience, string? environment, string? proofKey, CancellationToken cancellation)
    {
        var rules = RulesFor(tenant, audience, environment, proofKey);
        for (var draws = 0; ; draws++)
        {
            var decision = Pipeline.Check(token, call, rules, draws < DrawsMax ? CheckBasis.MayAsk : CheckBasis.Alone, out var need);
            if (need.Quota.Limit == 0)
            {
                return decision.Code == Codes.TokenKeyUnknown ? Pipeline.Check(token, call, rules, CheckBasis.Alone, out _) : decision;
            }

            var sent = _clock.Read().MonotonicMs;
            var taken = await engine.TakeQuotaAsync(need.Quota.Id, _drawer, _quotas.Want(need.Quota), cancellation).ConfigureAwait(false);
            if (taken.IsOk)
            {
                _quotas.Add(need.Quota, taken.Value.Units, taken.Value.ValidForMs, taken.Value.Window, sent);
            }
            else
            {
                // INVARIANT A1: a denial for want of units is a denial like any other.
                return Pipeline.Deny(token, call, rules, taken.Rejection.Code);
            }
        }
    }

    /// <summary>Whether a token stands now.</summary>
    internal TokenStanding Stand(string token) => Pipeline.Stand(token);

    /// <summary>Gives units back that nobody used (all: at the end).</summary>
    internal async ValueTask ReturnIdleAsync(bool all)
    {
        foreach (var item in _quotas.TakeIdle(_clock.Read().MonotonicMs, all))
        {
            await engine.ReturnQuotaAsync(item.Quota, _drawer, item.Units, item.Window).ConfigureAwait(false);
        }
    }

    /// <summary>An answer on the wire.</summary>
    internal static CheckAnswer Answer(Decision decision) => decision.Claims is { } claims
        ? new CheckAnswer(
            decision.Allowed, decision.Code, decision.Revision, decision.StalenessMs, decision.BestEffort, claims.Tenant,
            claims.User, claims.ClientId, Names.FormatId(claims.SessionId), Names.FormatId(claims.CredentialId))
        : new CheckAnswer(decision.Allowed, decision.Code, decision.Revision, decision.StalenessMs, decision.BestEffort);

    private CheckRules RulesFor(string? tenant, string? audience, string? environment, string? proofKey)
    {
        if (tenant is null && audience is null && environment is null && proofKey is null)
        {
            return CheckRules.Default;
        }

        if (_rules.Count > RulesMax)
        {
            _rules.Clear();
        }

        return _rules.GetOrAdd(
            (tenant, audience, environment, proofKey),
            key => new CheckRules(key.Item1, key.Item1 is null ? default : engine.Handles.OfTenant(key.Item1), key.Item2, key.Item3, ProofKey: key.Item4));
    }
}
