using System.Security.Cryptography;
using System.Text;
using Fabric.Client.Edges;
using Fabric.Contracts.Feed;
using Fabric.Core.Checks;
using Fabric.Core.Common;
using Fabric.Core.Keys;

namespace Fabric.Client.Feed;

/// <summary>
/// An enforcement point's link to the fabric: keeps a <see cref="FeedView"/> current over one connection at a time, renews its lease, carries its
/// requests, and reconnects for as long as it is not disposed. Any thread.
/// </summary>
public sealed partial class FeedConnection : IEdgeSource, IEdgeUplink
{
    private readonly FeedConnectionOptions _options;
    private readonly FabricEdgeOptions _edge;
    private readonly IFeedConnector _connector;
    private readonly Backoff _backoff;
    private readonly CancellationTokenSource _stopping = new();
    private readonly UInt128 _instance = Random128();
    private Func<ulong, int>? _applied;
    private FeedSession? _session;
    private Task? _running;
    private int _cancelled;

    /// <summary>A link that is not started yet. Throws <see cref="ArgumentException"/> for an option out of its bounds.</summary>
    public FeedConnection(FeedConnectionOptions options, FabricEdgeOptions edge, EdgeClock clock)
        : this(options, edge, clock, new WebSocketConnector(options.Secret), Random.Shared.NextDouble)
    {
    }

    internal FeedConnection(FeedConnectionOptions options, FabricEdgeOptions edge, EdgeClock clock, IFeedConnector connector, Func<double> random)
    {
        options.Validate();
        edge.Validate();
        if (Encoding.UTF8.GetByteCount(edge.Name) > FeedLimits.NameBytesMax)
        {
            throw new ArgumentException($"the enforcement point's name has at most {FeedLimits.NameBytesMax} bytes", nameof(edge));
        }

        (_options, _edge, Clock, _connector) = (options, edge, clock, connector);
        _backoff = new Backoff(options.BackoffMin, options.BackoffMax, random);
        Applier = new FrameApplier(View);
    }

    /// <summary>The copy of the fabric's view.</summary>
    public FeedView View { get; } = new(Random128());

    /// <summary>Whether a connection stands.</summary>
    public bool IsConnected => Volatile.Read(ref _session) is not null;

    /// <summary>Why the last attempt or connection ended: a code, or `disconnected`; null: none has.</summary>
    public string? LastEnd { get; private set; }

    ICheckView IEdgeSource.View => View;

    IEdgeUplink IEdgeSource.Uplink => this;

    internal EdgeClock Clock { get; }

    internal TimeProvider Time => Clock.Time;

    internal FrameApplier Applier { get; }

    internal ViewWaiters Waiters { get; } = new();

    internal TimeSpan ConnectTimeout => _options.ConnectTimeout;

    /// <summary>How often the lease is renewed: four times in a write bound, unless the options say otherwise.</summary>
    internal TimeSpan Renewal => _options.RenewEvery ?? (_edge.WriteBound / 4);

    /// <inheritdoc/>
    public void Start(Func<ulong, int> applied)
    {
        if (_running is not null)
        {
            throw new InvalidOperationException("the link was started before");
        }

        _applied = applied;
        _running = RunAsync(_stopping.Token);
    }

    /// <summary>Completes once the view is whole and a lease was granted.</summary>
    public Task WhenLeasedAsync(CancellationToken cancellation = default) =>
        Waiters.WhenAsync(() => View.IsReady && View.LeaseMomentMs != ICheckView.NoLease, cancellation);

    /// <summary>Completes once everything up to a revision is applied.</summary>
    public Task WhenAppliedAsync(ulong revision, CancellationToken cancellation = default) =>
        Waiters.WhenAsync(() => View.IsReady && View.Index.Revision >= revision, cancellation);

    /// <summary>Hands the lease back, so that no receipt waits for this edge, and closes. Nothing is allowed afterwards.</summary>
    public async Task StopAsync(CancellationToken cancellation)
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
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await StopAsync(CancellationToken.None);
        _stopping.Dispose();
    }

    internal HelloFrame Hello()
    {
        var resumes = View.CanResume;
        return new HelloFrame(
            FeedLimits.ProtocolVersion,
            _edge.Name,
            _instance,
            Ms(Renewal),
            Ms(_edge.ReadBound),
            Ms(_edge.WriteBound),
            Ms(_edge.BestEffort),
            resumes ? View.Epoch : 0,
            resumes ? View.Revision : 0,
            _edge.Tenant);
    }

    /// <summary>
    /// INVARIANT R1: whether the fabric waits for at least as long as this edge goes on. It may have been given tighter bounds; its checks then need
    /// them in their options, since a lease says nothing of classes.
    /// </summary>
    internal bool CanKeep(in WelcomeFrame welcome) =>
        Ms(_edge.ReadBound) <= welcome.ReadBoundMs && Ms(_edge.WriteBound) <= welcome.WriteBoundMs && Ms(_edge.BestEffort) <= welcome.ReadBoundMs;

    /// <summary>Something was applied: calls that it denies are cancelled.</summary>
    internal void NoteApplied()
    {
        Interlocked.Add(ref _cancelled, _applied?.Invoke(View.Revision) ?? 0);
    }

    /// <summary>The calls that were cancelled since they were last told.</summary>
    internal uint TakeCancelled() => (uint)Interlocked.Exchange(ref _cancelled, 0);

    /// <summary>A key that was asked for has come. One that the ring does not take stays unknown.</summary>
    internal void KeyFetched(VerificationKey? key)
    {
        if (key is not null && View.Keys.Add(key) is null)
        {
            NoteApplied();
        }
    }

    private static UInt128 Random128()
    {
        Span<byte> bytes = stackalloc byte[16];
        RandomNumberGenerator.Fill(bytes);
        return System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(bytes);
    }

    private static uint Ms(TimeSpan? span) => span is null ? 0 : (uint)Math.Max(1, Math.Ceiling(span.Value.TotalMilliseconds));

    private async Task RunAsync(CancellationToken cancellation)
    {
        await Task.Yield();
        try
        {
            for (var address = 0; !cancellation.IsCancellationRequested; address = (address + 1) % _options.Addresses.Count)
            {
                LastEnd = await TryServeAsync(_options.Addresses[address], cancellation);
                Waiters.Pulse();
                await Task.Delay(_backoff.Next(), Time, cancellation);
            }
        }
        catch (OperationCanceledException)
        {
            // Disposed.
        }
    }

    // An enforcement point whose link has ended for good denies for ever: whatever it was, another connection is made.
    private async Task<string> TryServeAsync(Uri address, CancellationToken cancellation)
    {
        try
        {
            return await ServeAsync(address, cancellation);
        }
#pragma warning disable CA1031 // see above
        catch (Exception) when (!cancellation.IsCancellationRequested)
#pragma warning restore CA1031
        {
            return Codes.Internal;
        }
    }

    private async Task<string> ServeAsync(Uri address, CancellationToken cancellation)
    {
        using var timeout = new CancellationTokenSource(_options.ConnectTimeout, Time);
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
