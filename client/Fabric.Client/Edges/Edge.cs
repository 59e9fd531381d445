using System.Security.Cryptography;
using System.Text;
using Fabric.Contracts.Feed;
using Fabric.Core.Checks;
using Fabric.Core.Common;
using Fabric.Core.Scopes;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fabric.Client.Edges;

/// <summary>
/// An enforcement point: decides, from its own copy of the revocation index and under a lease, whether a token may make a call right now. Any thread.
/// </summary>
public sealed partial class Edge : IAsyncDisposable
{
    private const int Started = 1;
    private const int Stopped = 2;

    // What an edge asks of the fabric at the most, on average: with more lines to deliver, it counts for longer before it delivers again.
    private const int UsageLinesPerMs = 2;
    private const long FlushMsMax = 20_000;

    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(100);

    private readonly IEdgeSource _source;
    private readonly FabricEdgeOptions _options;
    private readonly EdgeClock _clock;
    private readonly ILogger _logger;
    private readonly CheckRules _rules;
    private readonly RulesOfCalls _rulesOfCalls;
    private readonly QuotaSlices _quotas = new();
    private readonly UsageWindow _usage;
    private readonly CheckPipeline _pipeline;
    private readonly CallsInFlight _calls;
    private readonly RevisionWaiters _waiters;
    private readonly KeyFetcher _keys;
    private readonly QuotaTaker _taker;
    private readonly UsageDelivery _delivery;
    private readonly CancellationTokenSource _stopping = new();
    private ITimer? _timer;
    private long _deliverAtMs;
    private int _state;

    /// <summary>An enforcement point over a source; decides nothing but denials until <see cref="Start"/>. Throws <see cref="ArgumentException"/> for an option out of its bounds.</summary>
    public Edge(IEdgeSource source, FabricEdgeOptions options, EdgeClock clock, ILogger<Edge>? logger = null)
    {
        options.Validate();
        (_source, _options, _clock, _logger) = (source, options, clock, logger ?? NullLogger<Edge>.Instance);
        _rules = options.Rules;
        _rulesOfCalls = new RulesOfCalls(_rules);
        _usage = new UsageWindow(options.UsageLinesMax);
        _pipeline = new CheckPipeline(
            source.View, clock, RandomNumberGenerator.GetBytes(CheckPipeline.SecretSize), _quotas, _usage, options.Limits);
        _calls = new CallsInFlight(source.View, clock, _rules, options.CallsInFlightMax);
        _waiters = new RevisionWaiters(source.View);
        _keys = new KeyFetcher(source.Uplink, source.View.Keys, clock);
        _taker = new QuotaTaker(source.Uplink, _quotas, clock);
        _delivery = new UsageDelivery(options.Name, source.Uplink, _usage, _quotas, clock, _logger);
    }

    /// <summary>Whether there is a whole view and a lease, or there was one: whether reads can be allowed at all.</summary>
    public bool IsReady => _source.View is { IsReady: true, LeaseMomentMs: not ICheckView.NoLease };

    /// <summary>Up to where the feed is applied.</summary>
    public ulong Revision => _source.View.Index.Revision;

    /// <summary>Calls that have begun and not ended.</summary>
    public int CallsInFlight => _calls.Count;

    /// <summary>Verified tokens that are remembered.</summary>
    public int CachedTokens => _pipeline.CachedTokens;

    /// <summary>Lines of usage that the fabric has not taken yet.</summary>
    public int UsageLines => _usage.Lines;

    /// <summary>Begins to follow the fabric. Once.</summary>
    public void Start()
    {
        if (Interlocked.CompareExchange(ref _state, Started, 0) != 0)
        {
            throw new InvalidOperationException("the enforcement point was started before");
        }

        _source.Start(Applied);
        _timer = _clock.Time.CreateTimer(static edge => ((Edge)edge!).Look(), this, LookInterval, LookInterval);
    }

    /// <summary>
    /// Decides a call now, from what is here: what only the fabric can tell is denied (`check.needs_authority`, `quota.slice_needed`, `token.key_unknown`,
    /// `check.behind_revision`); <see cref="CheckAsync"/> asks.
    /// </summary>
    public Decision Check(string token, in ToolCall call, CheckOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(token);
        return Refusal(call, options) is { } code ? Denied(code) : _pipeline.Check(token, call, _rulesOfCalls.Of(options), BasisOf(options, CheckBasis.Alone), out _);
    }

    /// <summary>Decides a call now, for a token as it came over the wire. See the other overload.</summary>
    public Decision Check(ReadOnlySpan<byte> utf8Token, in ToolCall call, CheckOptions? options = null) =>
        Refusal(call, options) is { } code ? Denied(code) : _pipeline.Check(utf8Token, call, _rulesOfCalls.Of(options), BasisOf(options, CheckBasis.Alone), out _);

    /// <summary>Delivers what was counted now, rather than at the next interval, and what is being delivered. What the fabric does not take is kept.</summary>
    public Task FlushAsync(CancellationToken cancellation = default) => _delivery.DeliverAsync(cancellation);

    /// <summary>
    /// Ends the enforcement point: delivers usage, gives quota units back, hands the lease back, cancels what is in flight. Checks are denied from then on.
    /// </summary>
    public async Task StopAsync(CancellationToken cancellation = default)
    {
        if (Interlocked.Exchange(ref _state, Stopped) != Started)
        {
            return;
        }

        await (_timer?.DisposeAsync() ?? default);
        await _delivery.DeliverLastAsync(cancellation);
        await _stopping.CancelAsync();
        await _source.StopAsync(cancellation);
        _calls.CancelAll(Codes.Stopping);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await _source.DisposeAsync();
        _delivery.Dispose();
        _stopping.Dispose();
    }

    private static CheckBasis BasisOf(CheckOptions? options, CheckBasis otherwise) =>
        options is { Authoritative: true } ? CheckBasis.MustAsk : otherwise;

    // Why a call is not even looked at; null for all others. No frame and no record has room for strings of any length (B1).
    private string? Refusal(in ToolCall call, CheckOptions? options)
    {
        if (!Fits(call.Tool) || !Fits(call.Action) || !Fits(call.Resource))
        {
            return Codes.TooLarge;
        }

        if (Volatile.Read(ref _state) == Stopped)
        {
            return Codes.Stopping;
        }

        return options is { MinRevision: > 0 } && Revision < options.MinRevision ? Codes.CheckBehindRevision : null;

        static bool Fits(string text) => text.Length <= FeedLimits.CallBytesMax / 3 || Encoding.UTF8.GetByteCount(text) <= FeedLimits.CallBytesMax;
    }

    private Decision Denied(string code) => new(false, code, Revision, 0, false, null);

    private int Applied(ulong revision)
    {
        _waiters.Applied(revision);
        return _calls.CancelDenied();
    }

    private void Look()
    {
        _calls.CancelLate();
        var nowMs = _clock.SentMs;
        var lines = _usage.Lines;
        if (nowMs >= _deliverAtMs || lines > _options.UsageLinesMax / 2)
        {
            _deliverAtMs = nowMs + Math.Max((long)_options.FlushInterval.TotalMilliseconds, Math.Min(lines / UsageLinesPerMs, FlushMsMax));
            _ = _delivery.TryDeliverAsync(_stopping.Token);
        }
    }
}
