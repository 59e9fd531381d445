using Fabric.Contracts.Feed;
using Fabric.Core.Index;
using Fabric.Core.Keys;
using Fabric.Engine.Feed;

namespace Fabric.Engine.Tests.Feed;

/// <summary>An edge that a test drives by hand: it applies what it is told to receive, and acknowledges and renews when told to.</summary>
internal sealed class TestEdge
{
    private ulong _renewal;

    public TestEdge(FeedHub hub, IEdgeService? service = null, Caller? caller = null)
    {
        Transport = new MemoryTransport();
        Serving = hub.ServeAsync(
            Transport, service ?? new TestService(), caller ?? new Caller(Role.EnforcementPoint, null, "edges"), CancellationToken.None);
    }

    public MemoryTransport Transport { get; }

    /// <summary>Completes with the reason when the fabric is done with the edge.</summary>
    public Task<string> Serving { get; }

    public RevocationIndex Index { get; private set; } = new(1);

    public Dictionary<string, VerificationKey> Keys { get; } = [];

    public ulong Applied { get; private set; }

    public bool IsReady { get; private set; }

    public int Gaps { get; private set; }

    public int Snapshots { get; private set; }

    public WelcomeFrame? Welcome { get; private set; }

    public List<ulong> Grants { get; } = [];

    public string? Closed { get; private set; }

    /// <summary>The key that was last asked for.</summary>
    public VerificationKey? Fetched { get; private set; }

    public List<CheckAnswerFrame> Answers { get; } = [];

    public List<FrameType> Received { get; } = [];

    /// <summary>A connected edge that has applied everything up to now.</summary>
    public static async Task<TestEdge> ConnectAsync(FeedHub hub, string name = "e1", UInt128? instance = null, TestEdge? after = null, uint bestEffortMs = 0)
    {
        var edge = new TestEdge(hub, caller: new Caller(Role.EnforcementPoint, null, "edges") { BestEffort = TimeSpan.FromMilliseconds(bestEffortMs) });
        edge.Hello(name, instance, after, bestEffortMs);
        await edge.UntilAsync(e => e.Welcome is not null && e.IsReady && e.Applied >= hub.Head);
        return edge;
    }

    public void Hello(string name = "e1", UInt128? instance = null, TestEdge? after = null, uint bestEffortMs = 0, string? tenant = null)
    {
        if (after is not null)
        {
            (Index, Applied, IsReady) = (after.Index, after.Applied, after.IsReady);
        }

        Transport.Send(new HelloFrame(
            FeedLimits.ProtocolVersion, name, instance ?? 7, 250, 0, 0, bestEffortMs, after?.Welcome?.Epoch ?? 0, after?.Applied ?? 0, tenant).Write);
    }

    public ulong Renew()
    {
        var number = ++_renewal;
        Transport.Send(to => new RenewFrame(number, Applied, 0).Write(to));
        return number;
    }

    public void Ack(uint inFlight = 0)
    {
        var revision = Applied;
        Transport.Send(to => new AckFrame(revision, inFlight).Write(to));
    }

    public void Bye() => Transport.Send(to => to.Begin(FrameType.Bye));

    /// <summary>Renews and waits for the grant.</summary>
    public async Task LeaseAsync()
    {
        var number = Renew();
        await UntilAsync(edge => edge.Grants.Contains(number));
    }

    /// <summary>Receives until something is so.</summary>
    public async Task UntilAsync(Func<TestEdge, bool> condition)
    {
        while (!condition(this))
        {
            Assert.True(await ReceiveAsync(), $"the fabric closed with {Closed ?? "nothing"}");
        }
    }

    /// <summary>Receives until the fabric has closed, and answers its reason.</summary>
    public async Task<string?> UntilClosedAsync()
    {
        while (await ReceiveAsync())
        {
        }

        Transport.CloseEdge();
        return Closed;
    }

    public async Task<bool> ReceiveAsync()
    {
        if (await Transport.NextAsync() is not { } frame)
        {
            return false;
        }

        Apply((FrameType)frame[0], frame.AsSpan(1));
        Received.Add((FrameType)frame[0]);
        return true;
    }

    private void Apply(FrameType type, ReadOnlySpan<byte> payload)
    {
        switch (type)
        {
            case FrameType.Welcome:
                Assert.True(WelcomeFrame.TryRead(payload, out var welcome));
                Welcome = welcome;
                IsReady = welcome.Resumed;
                break;
            case FrameType.Gap:
                Assert.NotNull(GapFrame.TryRead(payload));
                Gaps++;
                IsReady = false;
                break;
            case FrameType.SnapshotBegin or FrameType.SnapshotChunk or FrameType.SnapshotKeys or FrameType.SnapshotEnd:
                ApplySnapshot(type, payload);
                break;
            case FrameType.Records:
                var read = new FrameReader(payload);
                Assert.Equal(Applied, read.U64());
                Applied += (ulong)RecordRuns.Count(read.Rest);
                Put(read.Rest, Applied);
                break;
            case FrameType.Key:
                var key1 = KeyFrame.TryRead(payload)!;
                Assert.Equal(Applied + 1, key1.Revision);
                Applied++;
                if (key1.Key is not null)
                {
                    Keys[key1.Key.Kid] = key1.Key;
                }

                break;
            case FrameType.Grant:
                Assert.True(GrantFrame.TryRead(payload, out var grant));
                Grants.Add(grant.Number);
                break;
            case FrameType.CheckAnswer:
                Answers.Add(CheckAnswerFrame.TryRead(payload)!);
                break;
            case FrameType.KeyAnswer:
                Fetched = KeyAnswerFrame.TryRead(payload)!.Key;
                break;
            case FrameType.Closing:
                Closed = ClosingFrame.TryRead(payload)!.Code;
                break;
        }
    }

    private void ApplySnapshot(FrameType type, ReadOnlySpan<byte> payload)
    {
        switch (type)
        {
            case FrameType.SnapshotBegin:
                Index = new RevocationIndex(1);
                break;
            case FrameType.SnapshotChunk:
                Put(payload, 0);
                break;
            case FrameType.SnapshotKeys:
                foreach (var key in KeyCodec.TryReadFrame(payload)!)
                {
                    Keys[key.Kid] = key;
                }

                break;
            case FrameType.SnapshotEnd:
                Assert.True(RevisionFrame.TryRead(payload, out var end));
                Applied = end.Revision;
                Index.AdvanceTo(Applied);
                Snapshots++;
                IsReady = true;
                break;
        }
    }

    private void Put(ReadOnlySpan<byte> runs, ulong revision)
    {
        var records = new IndexRecord[RecordRuns.Count(runs)];
        var cursor = default(RunCursor);
        Assert.Equal(records.Length, RecordRuns.Read(runs, ref cursor, records));
        Index.ApplyBatch(records, revision);
    }
}
