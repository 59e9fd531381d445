using System.Security.Cryptography;
using Fabric.Core.Checks;
using Fabric.Core.Common;
using Fabric.Core.Scopes;
using Fabric.Embedded;

namespace Fabric.LoadTests.Processes;

/// <summary>An in-process edge: the check pipeline over the engine's own index and keys, with its usage counted.</summary>
internal sealed class PipelineEdge : ICheckingEdge, ICheckClock
{
    private readonly EmbeddedEngine _engine;
    private readonly CheckPipeline _pipeline;
    private readonly CheckRules _rules = new(Tenant: "acme", Audience: "fabric");
    private readonly long _offsetMs = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() - Environment.TickCount64;

    public PipelineEdge(EmbeddedEngine engine, int tokensMax)
    {
        _engine = engine;
        _pipeline = new CheckPipeline(
            new AuthorityView(engine.Index, engine.Keys), this, RandomNumberGenerator.GetBytes(CheckPipeline.SecretSize), new QuotaSlices(),
            new UsageWindow(4 * tokensMax), new CheckLimits(tokensMax, 4L << 30));
    }

    /// <inheritdoc/>
    public EdgeState State => new(true, _engine.Index.Revision, _engine.Index.Count, _engine.Index.Bytes, 0, 0);

    /// <inheritdoc/>
    public Decision Check(string token, in ToolCall call) => _pipeline.Check(token, call, _rules, CheckBasis.Alone, out _);

    /// <inheritdoc/>
    public ValueTask<Decision> CheckAsync(string token, ToolCall call) => new(Check(token, call));

    /// <inheritdoc/>
    public CheckMoment Read()
    {
        var now = Environment.TickCount64;
        return new CheckMoment(new Instant(now + _offsetMs), now);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
