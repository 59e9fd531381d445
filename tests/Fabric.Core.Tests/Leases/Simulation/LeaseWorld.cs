using Fabric.Core.Leases;
using Fabric.Core.Scopes;

namespace Fabric.Core.Tests.Leases.Simulation;

/// <summary>
/// One fabric, a few edges, and everything that can go wrong between them, in hand-driven true time: the same seed gives the same run.
/// After every step every edge is asked what it would allow.
/// </summary>
internal sealed class LeaseWorld
{
    public static readonly ActionClass[] EdgeClasses = [ActionClass.Read, ActionClass.Write];
    public static readonly ActionClass[] AllClasses = [ActionClass.Read, ActionClass.Write, ActionClass.Destructive];

    private readonly PriorityQueue<Action, (long Us, long Order)> _events = new();
    private readonly List<SimEdge> _edges = [];
    private ClosedFloors _closed;
    private long _order;

    public LeaseWorld(int seed, Flaw flaw)
    {
        (Random, Flaw) = (new Random(seed), flaw);
        Server = new SimServer(this, epoch: 1, durable: 0, before: null);
        for (var i = Random.Next(2, 6); i > 0; i--)
        {
            _edges.Add(new SimEdge(this, $"edge-{i}"));
        }

        Revoke();
        Upset();
    }

    public Random Random { get; }

    public Flaw Flaw { get; }

    public long NowUs { get; private set; }

    public SimServer Server { get; private set; }

    public long Steps { get; private set; }

    public long Allowed { get; set; }

    public long AllowedByAnswer { get; set; }

    public ulong Confirmed => _closed.Confirmed;

    public int Restarts { get; private set; }

    public string? FirstBrokenR1 { get; private set; }

    public string? FirstBrokenR2 { get; private set; }

    public void Run(long steps, Func<LeaseWorld, bool> until)
    {
        for (; Steps < steps && !until(this); Steps++)
        {
            _events.TryDequeue(out var next, out var at);
            NowUs = at.Us;
            next!();
            foreach (var edge in _edges)
            {
                edge.CheckNow();
            }
        }
    }

    public void At(long us, Action action) => _events.Enqueue(action, (us, ++_order));

    public void After(long us, Action action) => At(NowUs + us, action);

    /// <summary>Mostly quick, sometimes slow, now and then far slower than any bound.</summary>
    public long Delay() => Random.Next(100) switch
    {
        < 85 => Random.Next(50, 3_000),
        < 98 => Random.Next(3_000, 400_000),
        _ => Random.Next(400_000, 7_000_000),
    };

    public ulong ClosedTo(ActionClass actionClass) => _closed.Of(actionClass);

    /// <summary>What any run of the fabric has claimed closed stays claimed.</summary>
    public void Closed(ClosedFloors floors) => _closed = new ClosedFloors(
        Math.Max(_closed.Read, floors.Read), Math.Max(_closed.Write, floors.Write), Math.Max(_closed.Destructive, floors.Destructive));

    public void BrokenR1(string what) => FirstBrokenR1 ??= $"at {NowUs} us, step {Steps}: {what}";

    public void BrokenR2(string what) => FirstBrokenR2 ??= $"at {NowUs} us, step {Steps}: {what}";

    private void Revoke()
    {
        Server.Revoke();
        After(Random.Next(20) == 0 ? Random.Next(12_000_000) : Random.Next(1_000, 150_000), Revoke);
    }

    private void Upset()
    {
        _edges.RemoveAll(e => e.Killed);
        var edge = _edges[Random.Next(_edges.Count)];
        switch (Random.Next(16))
        {
            case 0 or 1 or 2:
                edge.Stop(Span());
                break;
            case 3 or 4 or 5 when edge.Link is { } link:
                link.Lingers = Random.Next(2) == 0;
                edge.Disconnected(link);
                After(Random.Next(4_000_000), () => link.Server.Disconnected(link));
                break;
            case 6 or 7 or 8 when edge.Link is { } link:
                link.FrozenUntilUs = NowUs + Span();
                break;
            case 9 or 10 when !edge.Retired:
                edge.Retire(Random.Next(2) == 0 ? 0 : Span());
                _edges.Add(new SimEdge(this, edge.Name));
                break;
            case 11:
                edge.Bye();
                break;
            case 12 when !Server.Stalled:
                Server.Stall(Random.Next(1_500_000));
                break;
            case 13 when edge.Link is { ServerOpen: true } link:
                Server.Overflow(link);
                break;
            case 14 when Random.Next(3) == 0:
                Restart();
                break;
        }

        After(Random.Next(20_000, 1_200_000), Upset);
    }

    private long Span() => Random.Next(3) == 0 ? Random.Next(9_000_000) : Random.Next(1_500_000);

    // Not a clean one: leases are out, and what was not durable is gone.
    private void Restart()
    {
        Restarts++;
        var before = Server;
        before.Crash();
        foreach (var edge in _edges)
        {
            edge.Truncated(before.Durable);
        }

        Server = new SimServer(this, before.Epoch + 1, before.Durable, before.LongestBounds);
    }
}
