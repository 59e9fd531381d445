using System.Collections.Concurrent;
using System.Security.Cryptography;
using Fabric.Contracts.Feed;
using Fabric.Core.Checks;
using Fabric.Core.Keys;

namespace Fabric.Client.Feed;

/// <summary>
/// An enforcement point's link to the fabric: keeps a <see cref="FeedView"/> current over one connection at a time, renews its lease, carries its
/// requests, and reconnects for as long as it is not disposed. Any thread.
/// </summary>
public sealed partial class FeedConnection : IAsyncDisposable
{
    private const int FetchedKeysMax = 10_000;

    private readonly IFeedConnector _connector;
    private readonly Func<ulong, int>? _applied;
    private readonly Backoff _backoff;
    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentDictionary<string, bool> _fetched = new(StringComparer.Ordinal);
    private readonly UInt128 _instance = Random128();
    private FeedSession? _session;
    private Task? _running;
    private int _cancelled;

    /// <summary>A link that is not started yet.</summary>
    /// <param name="options">Where to connect to, and the limits.</param>
    /// <param name="clock">The clock that checks are made against.</param>
    /// <param name="applied">
    /// Called after each part of the feed was applied, with its revision, before it is acknowledged: cancels calls in flight that it denies and
    /// answers how many. One call at a time; must not throw.
    /// </param>
    /// <param name="time">Drives timers; null: the system's.</param>
    public FeedConnection(FeedConnectionOptions options, ICheckClock clock, Func<ulong, int>? applied = null, TimeProvider? time = null)
        : this(options, clock, applied, time, new WebSocketConnector(options.Secret), Random.Shared.NextDouble)
    {
    }

    internal FeedConnection(
        FeedConnectionOptions options, ICheckClock clock, Func<ulong, int>? applied, TimeProvider? time, IFeedConnector connector, Func<double> random)
    {
        options.Validate();
        (Options, Clock, Time, _applied, _connector) = (options, clock, time ?? TimeProvider.System, applied, connector);
        _backoff = new Backoff(options.BackoffMin, options.BackoffMax, random);
        Applier = new FrameApplier(View);
    }

    /// <summary>The copy of the fabric's view.</summary>
    public FeedView View { get; } = new(Random128());

    /// <summary>Whether a connection stands.</summary>
    public bool IsConnected => Volatile.Read(ref _session) is not null;

    /// <summary>Why the last attempt or connection ended: a code, or a word such as `disconnected`; null: none has.</summary>
    public string? LastEnd { get; private set; }

    /// <summary>The bounds in force, as the fabric said last: read, write.</summary>
    public (TimeSpan Read, TimeSpan Write)? Bounds { get; private set; }

    internal FeedConnectionOptions Options { get; }

    internal ICheckClock Clock { get; }

    internal TimeProvider Time { get; }

    internal FrameApplier Applier { get; }

    internal ViewWaiters Waiters { get; } = new();

    /// <summary>Connects, and goes on doing so. Once.</summary>
    public void Start()
    {
        if (Interlocked.CompareExchange(ref _running, Task.CompletedTask, null) is not null)
        {
            throw new InvalidOperationException("the link was started before");
        }

        _running = RunAsync(_stopping.Token);
    }

    /// <summary>Completes once the view is whole and a lease was granted.</summary>
    public Task WhenLeasedAsync(CancellationToken cancellation = default) =>
        Waiters.WhenAsync(() => View.IsReady && View.LeaseMomentMs != ICheckView.NoLease, cancellation);

    /// <summary>Completes once everything up to a revision is applied.</summary>
    public Task WhenAppliedAsync(ulong revision, CancellationToken cancellation = default) =>
        Waiters.WhenAsync(() => View.IsReady && View.Index.Revision >= revision, cancellation);

    /// <summary>Hands the lease back, so that no receipt waits for this edge, and closes. Nothing is allowed afterwards.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_stopping.IsCancellationRequested)
        {
            return;
        }

        if (Volatile.Read(ref _session) is { } session)
        {
            await session.LeaveAsync();
        }

        await _stopping.CancelAsync();
        await (_running ?? Task.CompletedTask);
        View.Break();
        _stopping.Dispose();
    }

    internal HelloFrame Hello()
    {
        var resumes = View.CanResume;
        return new HelloFrame(
            FeedLimits.ProtocolVersion,
            Options.Edge,
            _instance,
            Ms(Options.Renewal),
            Ms(Options.ReadBound),
            Ms(Options.WriteBound),
            Ms(Options.BestEffort),
            resumes ? View.Epoch : 0,
            resumes ? View.Revision : 0,
            Options.Tenant);
    }

    internal void Welcomed(in WelcomeFrame welcome) =>
        Bounds = (TimeSpan.FromMilliseconds(welcome.ReadBoundMs), TimeSpan.FromMilliseconds(welcome.WriteBoundMs));

    /// <summary>Something was applied: calls that it denies are cancelled.</summary>
    internal void NoteApplied()
    {
        if (_applied is not null)
        {
            Interlocked.Add(ref _cancelled, _applied(View.Revision));
        }
    }

    /// <summary>The calls that were cancelled since they were last told.</summary>
    internal uint TakeCancelled() => (uint)Interlocked.Exchange(ref _cancelled, 0);

    /// <summary>A key that was asked for has come.</summary>
    internal void KeyFetched(VerificationKey? key)
    {
        if (key is not null && View.Keys.Add(key) is null && _fetched.Count < FetchedKeysMax)
        {
            _fetched[key.Kid] = true;
        }
    }

    /// <summary>
    /// Asks again for keys that came outside of the feed: the fabric tells an edge that is bound to a tenant of changes to other tenants' keys only
    /// once the connection has shown that it needs them.
    /// </summary>
    internal async Task RefetchKeysAsync(FeedSession session, CancellationToken cancellation)
    {
        foreach (var kid in _fetched.Keys)
        {
            await session.SendAsync(new FetchKeyFrame(0, kid).Write, cancellation);
        }
    }

    private static UInt128 Random128()
    {
        Span<byte> bytes = stackalloc byte[16];
        RandomNumberGenerator.Fill(bytes);
        return System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(bytes);
    }

    private static uint Ms(TimeSpan? span) => span is null ? 0 : (uint)Math.Max(1, span.Value.TotalMilliseconds);

    private async Task RunAsync(CancellationToken cancellation)
    {
        await Task.Yield();
        try
        {
            for (var address = 0; !cancellation.IsCancellationRequested; address = (address + 1) % Options.Addresses.Count)
            {
                LastEnd = await ServeAsync(Options.Addresses[address], cancellation);
                Waiters.Pulse();
                await Task.Delay(_backoff.Next(), Time, cancellation);
            }
        }
        catch (OperationCanceledException)
        {
            // Disposed.
        }
    }

    private async Task<string> ServeAsync(Uri address, CancellationToken cancellation)
    {
        using var timeout = new CancellationTokenSource(Options.ConnectTimeout, Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, timeout.Token);
        var (transport, failure) = await _connector.ConnectAsync(address, either.Token);
        if (transport is null)
        {
            return failure ?? FeedSession.Disconnected;
        }

        using var session = new FeedSession(this, transport);
        Volatile.Write(ref _session, session);
        try
        {
            return await session.RunAsync(cancellation);
        }
        finally
        {
            Volatile.Write(ref _session, null);
            if (session.WasGranted)
            {
                _backoff.Reset();
            }
        }
    }
}
