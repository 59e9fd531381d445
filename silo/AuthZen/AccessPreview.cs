using System.Security.Cryptography;
using Fabric.Client.Edges;
using Fabric.Core.Checks;
using Fabric.Core.Common;
using Fabric.Core.Scopes;
using Fabric.Core.Tokens;
using Fabric.Engine;

namespace Fabric.Silo.AuthZen;

/// <summary>
/// Looks a call up without making it: nothing is counted and no quota is drawn, so it never lets a call through. For searches, and to learn whose a token is
/// before the fabric decides on it.
/// </summary>
internal sealed class AccessPreview(IFabricEngine engine, TimeProvider time)
{
    // Tokens that are remembered as verified (B1).
    private static readonly CheckLimits Kept = new(20_000, 32L * 1024 * 1024);

    private readonly CheckPipeline _pipeline = new(
        new AuthorityView(engine.Index, engine.Keys), new EdgeClock(time), RandomNumberGenerator.GetBytes(CheckPipeline.SecretSize), new QuotaSlices(), usage: null, Kept);

    public ulong Revision => engine.Index.Revision;

    /// <summary>Null: the call would be allowed, as far as units of its quotas are left; else why not.</summary>
    public string? WhyNot(string token, in ToolCall call, CheckRules rules)
    {
        var decision = _pipeline.Check(token, call, rules, CheckBasis.MayAsk, out var need);
        return decision.Allowed || need.Quota != default ? null : decision.Code;
    }

    /// <summary>
    /// The claims of a token that is alive: its signature, times, audience, tenant and lineage hold, whatever its scope. Else the code.
    /// </summary>
    public Outcome<TokenClaims> Claims(string token, CheckRules rules)
    {
        // The scope is the last thing that is looked at: a verdict of its is one on a token that is alive.
        var decision = _pipeline.Check(token, new ToolCall("", "", "", ActionClass.Read), rules, CheckBasis.MayAsk, out var need);
        var alive = decision.Allowed || need.Quota != default || decision.Code is Codes.ScopeDenied or Codes.WrongEnvironment or Codes.NotAfter
            or Codes.QuotaExhausted or Codes.RateExceeded;
        return alive && decision.Claims is { } claims ? claims : new Rejection(decision.Code ?? Codes.CheckFailed, "token", "the token is not valid for any call");
    }
}
