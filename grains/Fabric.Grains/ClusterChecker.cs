using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using Fabric.Contracts.Checks;
using Fabric.Core.Checks;
using Fabric.Core.Common;
using Fabric.Core.Scopes;
using Fabric.Engine;
using Fabric.Grains.Feed;

namespace Fabric.Grains;

/// <summary>
/// Decides calls on the silo's index, which is the authority's for as long as the silo holds its lease. Quota slices are taken here too, and every call is counted for the
/// audit (A1).
/// </summary>
internal sealed class ClusterChecker
{
    // Combinations of guarded tenant, audience and environment that are remembered (B1).
    private const int RulesMax = 10_000;
    private const int DrawsMax = 64;

    private readonly ClusterEngine _engine;
    private readonly string _drawer = $"{Caller.Fabric.Name}/{Guid.NewGuid():n}";
    private readonly QuotaSlices _quotas = new();
    private readonly ConcurrentDictionary<(string?, string?, string?, string?), CheckRules> _rules = new();
    private readonly EngineClock _clock;
    private readonly CheckPipeline _pipeline;

    internal ClusterChecker(ClusterEngine engine, Relay relay, TimeProvider time)
    {
        (_engine, _clock) = (engine, new EngineClock(time));
        _pipeline = new CheckPipeline(
            new AuthorityView(relay.Index, relay.Keys), _clock, RandomNumberGenerator.GetBytes(CheckPipeline.SecretSize), _quotas, Usage);
    }

    internal UsageWindow Usage { get; } = new();

    /// <summary>Decides one call; draws quota units as needed.</summary>
    internal async ValueTask<Decision> CheckAsync(
        string token, ToolCall call, string? tenant, string? audience, string? environment, string? proofKey, CancellationToken cancellation)
    {
        var decision = await DecideAsync(token, call, tenant, audience, environment, proofKey, cancellation).ConfigureAwait(false);

        // INVARIANT R2: asked AFTER the index was looked at: a silo that was stopped in between, or that the cluster has given up, allows nothing.
        decision = decision.Allowed && !_engine.Parts.Relay.HoldsLease ? decision with { Allowed = false, Code = Codes.CheckUnavailable } : decision;
        _engine.Parts.Meter?.Checked(decision.Allowed);
        return decision;
    }

    /// <summary>Whether a token stands now; what it says is known in any case, since keys only become fewer.</summary>
    internal TokenStanding Stand(string token)
    {
        var standing = _pipeline.Stand(token);

        // INVARIANT R2: asked AFTER the index was looked at.
        return _engine.Parts.Relay.HoldsLease ? standing : standing with { Code = Codes.CheckUnavailable };
    }

    /// <summary>Gives units back that nobody used (all: at the end).</summary>
    internal async ValueTask ReturnIdleAsync(bool all)
    {
        foreach (var item in _quotas.TakeIdle(_clock.Read().MonotonicMs, all))
        {
            await _engine.ReturnQuotaAsync(item.Quota, _drawer, item.Units, item.Window).ConfigureAwait(false);
        }
    }

    /// <summary>An answer on the wire.</summary>
    internal static CheckAnswer Answer(Decision decision) => decision.Claims is { } claims
        ? new CheckAnswer(
            decision.Allowed, decision.Code, decision.Revision, decision.StalenessMs, decision.BestEffort, claims.Tenant,
            claims.User, claims.ClientId, Names.FormatId(claims.SessionId), Names.FormatId(claims.CredentialId))
        : new CheckAnswer(decision.Allowed, decision.Code, decision.Revision, decision.StalenessMs, decision.BestEffort);

    private async ValueTask<Decision> DecideAsync(
        string token, ToolCall call, string? tenant, string? audience, string? environment, string? proofKey, CancellationToken cancellation)
    {
        var rules = RulesFor(tenant, audience, environment, proofKey);
        for (var draws = 0; ; draws++)
        {
            var decision = _pipeline.Check(token, call, rules, draws < DrawsMax ? CheckBasis.MayAsk : CheckBasis.Alone, out var need);
            if (need.Quota.Limit == 0)
            {
                return decision.Code == Codes.TokenKeyUnknown ? _pipeline.Check(token, call, rules, CheckBasis.Alone, out _) : decision;
            }

            var sent = _clock.Read().MonotonicMs;
            var taken = await _engine.TakeQuotaAsync(need.Quota.Id, _drawer, _quotas.Want(need.Quota), cancellation).ConfigureAwait(false);
            if (!taken.IsOk)
            {
                // INVARIANT A1: a denial for want of units is a denial like any other.
                return _pipeline.Deny(token, call, rules, taken.Rejection.Code);
            }

            _quotas.Add(need.Quota, taken.Value.Units, taken.Value.ValidForMs, taken.Value.Window, sent);
        }
    }

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
            key => new CheckRules(key.Item1, key.Item1 is null ? default : _engine.Parts.Handles.OfTenant(key.Item1), key.Item2, key.Item3, ProofKey: key.Item4));
    }

    internal static string KeyOf(Core.Lineages.Handle quota) => new UInt128(quota.High, quota.Low).ToString("x32", CultureInfo.InvariantCulture);
}
