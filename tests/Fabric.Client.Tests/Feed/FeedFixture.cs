using System.Collections.Concurrent;
using Fabric.Client.Edges;
using Fabric.Client.Feed;
using Fabric.Contracts.Audit;
using Fabric.Contracts.Feed;
using Fabric.Core.Common;
using Fabric.Core.Index;
using Fabric.Core.Keys;
using Fabric.Core.Leases;
using Fabric.Core.Lineages;
using Fabric.Engine;
using Fabric.Engine.Feed;
using Fabric.Testing;

namespace Fabric.Client.Tests.Feed;

/// <summary>A hub, and links to it over connections in memory; both live by one clock that the test moves.</summary>
internal sealed class FeedFixture : IFeedConnector, IEdgeService, IAsyncDisposable
{
    private readonly List<FeedConnection> _connections = [];
    private readonly ConcurrentQueue<MemoryLink> _links = new();
    private ulong _next = 1;

    public FeedFixture(FeedHubOptions? options = null) => StartHub(new FeedStart(5), options);

    public ManualTimeProvider Time { get; } = new();

    public RevocationIndex Index { get; private set; } = new(99);

    public KeyRing Keys { get; } = new();

    public FeedHub Hub { get; private set; } = null!;

    /// <summary>What an attempt to connect does; null: it stands.</summary>
    public Func<Uri, string?> Refuse { get; set; } = _ => null;

    /// <summary>Changes or drops (null) what the fabric sends over links made from now on.</summary>
    public Func<byte[], byte[]?>? FilterDown { get; set; }

    public List<Uri> Attempts { get; } = [];

    public int AttemptCount
    {
        get
        {
            lock (Attempts)
            {
                return Attempts.Count;
            }
        }
    }

    public Caller Caller { get; set; } = new(Role.EnforcementPoint, null, "edges");

    public MemoryLink Link => _links.Last();

    public Dictionary<string, VerificationKey> MoreKeys { get; } = [];

    public Func<CheckFrame, CheckAnswerFrame> Check { get; set; } = check => new CheckAnswerFrame(check.RequestId, true, null, 0, 0);

    /// <summary>Starts another hub in place of the one before.</summary>
    public void StartHub(FeedStart start, FeedHubOptions? options = null, RevocationIndex? index = null, ClassBounds? leftOver = null)
    {
        Index = index ?? Index;
        Hub = new FeedHub(Index, Keys, start, options, Time);
        Hub.Open(leftOver);
    }

    /// <summary>The clock of links that are made from now on.</summary>
    public TimeProvider? LinkTime { get; set; }

    public FeedConnection Connect(Func<ulong, int>? applied = null, FabricEdgeOptions? edge = null, params string[] addresses)
    {
        var options = new FeedConnectionOptions
        {
            Addresses = [.. (addresses.Length == 0 ? ["http://a"] : addresses).Select(address => new Uri(address))],
            Secret = "s",
        };
        var connection = new FeedConnection(options, edge ?? new FabricEdgeOptions { Name = "e1" }, new EdgeClock(LinkTime ?? Time), this, () => 0);
        _connections.Add(connection);
        connection.Start(applied ?? (_ => 0));
        return connection;
    }

    public async Task<FeedConnection> LeasedAsync(Func<ulong, int>? applied = null, FabricEdgeOptions? edge = null)
    {
        var connection = Connect(applied, edge);
        await connection.WhenLeasedAsync();
        return connection;
    }

    public ulong Revoke(int count = 1)
    {
        var records = new IndexRecord[count];
        for (var i = 0; i < count; i++)
        {
            records[i] = Record(_next++);
        }

        return Hub.Append(records);
    }

    public static IndexRecord Record(ulong id) =>
        new(new Handle(id, 1), NodeKind.Credential, IndexRecord.Terminal, default, new Instant(long.MaxValue / 4));

    public static VerificationKey Key(string kid, string tenant = "acme") =>
        new(kid, tenant, new Handle((ulong)tenant.Length, 1), new byte[32], new byte[32], Instant.Never);

    /// <summary>Moves time in steps of a renewal until something is so.</summary>
    public async Task AdvanceUntilAsync(Func<bool> condition, TimeSpan? step = null)
    {
        while (!condition())
        {
            Time.Advance(step ?? TimeSpan.FromMilliseconds(50));
            for (var i = 0; i < 50 && !condition(); i++)
            {
                await Task.Yield();
            }
        }
    }

    public ValueTask<(IFrameTransport? Transport, string? Failure)> ConnectAsync(Uri address, CancellationToken cancellation)
    {
        lock (Attempts)
        {
            Attempts.Add(address);
        }

        if (Refuse(address) is { } failure)
        {
            return new((null, failure));
        }

        var link = new MemoryLink(FilterDown);
        _links.Enqueue(link);
        _ = Hub.ServeAsync(link.Fabric, this, Caller, CancellationToken.None);
        return new((link.Edge, null));
    }

    public Handle GuardedTenant(string tenant) => new((ulong)tenant.Length, 1);

    public ValueTask<CheckAnswerFrame> CheckAsync(CheckFrame check, string? tenant, CancellationToken cancellation) => new(Check(check));

    public ValueTask<QuotaAnswerFrame> TakeQuotaAsync(TakeQuotaFrame take, string drawer, CancellationToken cancellation) =>
        new(take.Want > 100 ? new QuotaAnswerFrame(take.RequestId, Codes.QuotaExhausted, 0, 0, 0) : new QuotaAnswerFrame(take.RequestId, null, take.Want, 500, 3));

    public ValueTask ReturnQuotaAsync(ReturnQuotaFrame give, string drawer, CancellationToken cancellation) => ValueTask.CompletedTask;

    public VerificationKey? FindKey(string kid) => MoreKeys.GetValueOrDefault(kid);

    public ValueTask<UsageAnswerFrame> ReportUsageAsync(uint requestId, UsageReport report, CancellationToken cancellation) =>
        new(new UsageAnswerFrame(requestId, null, (ulong)report.Lines.Count));

    public async ValueTask DisposeAsync()
    {
        foreach (var link in _links)
        {
            link.Cut();
        }

        foreach (var connection in _connections)
        {
            await connection.DisposeAsync();
        }

        await Hub.DisposeAsync();
    }
}
