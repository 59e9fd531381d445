using Fabric.Contracts.Feed;
using Fabric.Core.Common;
using Fabric.Core.Index;
using Fabric.Core.Keys;
using Fabric.Core.Leases;

namespace Fabric.Engine.Feed;

/// <summary>
/// The enforcement feed: the order of revocations, locks and key changes, who follows it, who holds a lease, and which revocations are
/// confirmed. The engine appends under its lock; everything else comes from any thread.
/// </summary>
/// <remarks>
/// One lock of its own orders appends, renewals and acknowledgements, which is what R1 rests on: a revocation either was appended before a renewal
/// arrived, and then that renewal is granted only against an acknowledgement of it, or after, and then its receipt outwaits that renewal.
/// </remarks>
public sealed partial class FeedHub : IAsyncDisposable
{
    /// <summary>What <see cref="ServeAsync"/> answers when the other end or the network closed.</summary>
    public const string Disconnected = "disconnected";

    private const int WakeInlineMax = 64;

    private readonly Lock _gate = new();
    private readonly ulong _previousEpoch;
    private readonly FeedLog _log;
    private readonly LeaseTable _leases = new();
    private readonly ITimer _watch;
    private readonly long _origin;
    private ServedEdge[] _peers = [];
    private LocalEdgeLoop[] _locals = [];
    private ulong _head;
    private ulong _durableBefore;
    private int _waking;
    private bool _isOpen;
    private bool _isStopping;

    /// <summary>A feed over the engine's index and keys. Nobody is served before <see cref="Open"/>.</summary>
    public FeedHub(RevocationIndex index, KeyRing keys, FeedStart start, FeedHubOptions? options = null, TimeProvider? time = null)
    {
        Options = options ?? new FeedHubOptions();
        Options.Validate();
        (Index, Keys, Time) = (index, keys, time ?? TimeProvider.System);
        (Epoch, _previousEpoch, _head) = (start.Epoch, start.PreviousEpoch, start.Revision);
        _log = new FeedLog(start.Revision, Options.RetentionRecords);
        _origin = Time.GetTimestamp();
        Turns = new SnapshotTurns(Options.SnapshotsAtOnceMax);
        _deadline = Time.CreateTimer(_ => Advance(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _watch = Time.CreateTimer(_ => Watch(), null, WatchEvery, WatchEvery);
    }

    /// <summary>Which start of the engine this is.</summary>
    public ulong Epoch { get; }

    /// <summary>The newest revision.</summary>
    public ulong Head => Volatile.Read(ref _head);

    /// <summary>The options in force.</summary>
    public FeedHubOptions Options { get; }

    /// <summary>Connected edges that need a lease.</summary>
    public int Connections => Volatile.Read(ref _peers).Length;

    /// <summary>How many more signing keys there is room for: to be asked before <see cref="AppendKey"/>.</summary>
    public int KeyRoom => Keys.Room;

    internal RevocationIndex Index { get; }

    internal KeyRing Keys { get; }

    internal TimeProvider Time { get; }

    internal SnapshotTurns Turns { get; }

    private static TimeSpan WatchEvery => TimeSpan.FromMilliseconds(250);

    private TimeSpan Now => Time.GetElapsedTime(_origin);

    /// <summary>
    /// Recovery is done: what was appended so far is durable, and edges of the start before that stand inside of it may resume. When the last stop was
    /// not clean, nothing is confirmed before every lease from then, with bounds of at most <paramref name="leftOver"/>, has run out (R1).
    /// </summary>
    public void Open(ClassBounds? leftOver)
    {
        lock (_gate)
        {
            _durableBefore = Head;
            _isOpen = true;
            if (leftOver is { } bounds)
            {
                _leases.StartedUnclean(bounds, Now);
            }

            // Receipts of before the restart can be asked for: they are as open as that start is unclean.
            _leases.Open(Head, Now);
        }
    }

    /// <summary>
    /// Applies records to the index and adds them to the feed, one revision each, in this order; answers the last one's revision. Under the engine's
    /// lock. Throws <see cref="InvalidOperationException"/> when the index is full: ask <see cref="RevocationIndex.Count"/> before.
    /// </summary>
    public ulong Append(ReadOnlySpan<IndexRecord> records)
    {
        if (records.IsEmpty)
        {
            return Head;
        }

        // INVARIANT R1, R3: in the index first, in the feed second. Whoever reads a revision, to decide a check or to begin a snapshot at it, finds
        // all up to there in the index.
        var revision = Head + (ulong)records.Length;
        if (Index.ApplyBatch(records, revision) < records.Length)
        {
            throw new InvalidOperationException("the revocation index is full");
        }

        lock (_gate)
        {
            _log.Append(records);
            Appended(revision);
        }

        Wake();
        return revision;
    }

    /// <summary>
    /// Denies ahead of the order, here and at every edge that is connected: for revocations that storage has not taken yet. They have no revision and are not
    /// acknowledged; they come again with <see cref="Append"/>. Under the engine's lock. Throws <see cref="InvalidOperationException"/> when the index is full.
    /// </summary>
    public void Deny(ReadOnlySpan<IndexRecord> records)
    {
        if (Index.Tighten(records) < records.Length)
        {
            throw new InvalidOperationException("the revocation index is full");
        }

        var peers = Volatile.Read(ref _peers);
        for (var rest = records; !rest.IsEmpty && peers.Length > 0;)
        {
            var runs = new byte[Math.Min(FeedLimits.BatchBytesMax - 1, rest.Length * (RecordRuns.HeadSize + Core.Lineages.Handle.Size))];
            rest = rest[RecordRuns.Write(runs, rest, out var bytes)..];
            foreach (var peer in peers)
            {
                peer.Outbox.Send(to => to.Begin(FrameType.Denials).Bytes(runs.AsSpan(0, bytes)));
            }
        }
    }

    /// <summary>Adds a key to the ring and to the feed, as one revision; answers it. Under the engine's lock. Throws <see cref="ArgumentException"/> for a key that the ring refuses.</summary>
    public ulong AppendKey(VerificationKey key)
    {
        if (Keys.Add(key) is { } refusal)
        {
            throw new ArgumentException(refusal.ToString(), nameof(key));
        }

        var revision = Head + 1;
        Index.AdvanceTo(revision);
        lock (_gate)
        {
            _log.Append(key);
            Appended(revision);
        }

        Wake();
        return revision;
    }

    /// <summary>
    /// Serves one enforcement point over its connection, until either end closes or the token is cancelled; answers why it ended: a code, or
    /// <see cref="Disconnected"/>.
    /// </summary>
    public Task<string> ServeAsync(IFrameTransport transport, IEdgeService service, Caller caller, CancellationToken cancellation) =>
        new ServedEdge(this, transport, service, caller).RunAsync(cancellation);

    /// <summary>
    /// Takes an in-process edge in, until the result is disposed. Throws <see cref="NotSupportedException"/> for a feed that needs a lease itself: such an edge would
    /// not ask for it.
    /// </summary>
    public IDisposable Attach(ILocalEdge edge)
    {
        if (Options.HoldsLease is not null)
        {
            throw new NotSupportedException("a silo's index is under a lease: an enforcement point in its process follows the feed like any other");
        }

        var loop = new LocalEdgeLoop(this, edge);
        lock (_gate)
        {
            loop.Told = Head;
            _locals = [.. _locals, loop];
        }

        _ = loop.RunAsync();
        return loop;
    }

    /// <summary>
    /// Asks all edges to hand their leases back, waits for that, and ends all connections. True when no enforcement point can allow anything any more:
    /// the next start is then a clean one. False when <paramref name="patience"/> ended first.
    /// </summary>
    public async Task<bool> StopAsync(TimeSpan patience)
    {
        Task drained;
        lock (_gate)
        {
            _isStopping = true;
            drained = Drained();
        }

        foreach (var peer in Volatile.Read(ref _peers))
        {
            peer.Outbox.Close(Codes.Stopping);
        }

        try
        {
            await drained.WaitAsync(patience, Time);
        }
        catch (TimeoutException)
        {
            // Some lease is still out; the next start waits for it.
        }

        foreach (var peer in Volatile.Read(ref _peers))
        {
            peer.Cut(Codes.Stopping);
        }

        lock (_gate)
        {
            return !_leases.AnyExposed(Now);
        }
    }

    /// <summary>The longest bounds that any edge has been served with: what a start after an unclean stop has to outwait.</summary>
    public ClassBounds LongestBounds
    {
        get
        {
            lock (_gate)
            {
                return _leases.LongestBounds;
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await StopAsync(TimeSpan.Zero);
        await _watch.DisposeAsync();
        await _deadline.DisposeAsync();
        foreach (var local in Volatile.Read(ref _locals))
        {
            local.Dispose();
        }
    }

    internal bool TryTake(ref FeedCursor cursor, out FeedSlice slice, out bool gap)
    {
        lock (_gate)
        {
            return _log.TryTake(ref cursor, out slice, out gap);
        }
    }

    internal FeedCursor? TryFind(ulong revision)
    {
        lock (_gate)
        {
            return _log.TryFind(revision);
        }
    }

    private void Appended(ulong revision)
    {
        Volatile.Write(ref _head, revision);
        if (_isOpen)
        {
            _receipts.Accept(revision, Time);
            Settle(_leases.Open(revision, Now));
        }
    }

    private void Wake()
    {
        foreach (var local in Volatile.Read(ref _locals))
        {
            local.Signal();
        }

        var peers = Volatile.Read(ref _peers);
        if (peers.Length <= WakeInlineMax)
        {
            SignalAll(peers);
        }
        else if (Interlocked.Exchange(ref _waking, 1) == 0)
        {
            // Thousands of signals would take milliseconds of the engine's lock.
            ThreadPool.UnsafeQueueUserWorkItem(
                static hub =>
                {
                    Interlocked.Exchange(ref hub._waking, 0);
                    SignalAll(Volatile.Read(ref hub._peers));
                },
                this,
                preferLocal: false);
        }
    }

    private static void SignalAll(ServedEdge[] peers)
    {
        foreach (var peer in peers)
        {
            peer.Outbox.Signal();
        }
    }
}
