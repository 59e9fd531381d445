namespace Fabric.LoadTests.Model;

/// <summary>
/// A discrete-event simulation of revocations: order, commit, push over silos to edges, acknowledgements and reports back, leases and their end. Pure: the same network, load and seed
/// give the same outcome. Not in it: batching of records (each goes by itself, which makes it dearer than it is), edges that come and go, the owner's move, and a silo that is cut off.
/// </summary>
internal sealed partial class Simulation
{
    private const long SimulatedNsMax = 3_600L * 1_000_000_000;

    private readonly ModelNetwork _net;
    private readonly ModelLoad _load;
    private readonly Random _random;
    private readonly PriorityQueue<Event, (long At, long Order)> _queue = new();
    private readonly Machine[] _silos;
    private readonly Machine[] _edges;
    private readonly Link[] _siloDown;
    private readonly Link[] _siloUp;
    private readonly Link[] _edgeDown;
    private readonly Link[] _edgeUp;
    private readonly long[] _renewedAt;
    private readonly Revocation[] _revocations;
    private long _now;
    private long _order;
    private long _events;
    private int _confirmed;

    private Simulation(ModelNetwork network, ModelLoad load, int seed)
    {
        (_net, _load, _random) = (network, load, new Random(seed));
        _silos = [.. Enumerable.Range(0, network.Silos).Select(_ => new Machine(network.Cores))];
        _edges = [.. Enumerable.Range(0, network.Edges).Select(_ => network.IsOneMachine ? _silos[0] : new Machine(1))];
        (_siloDown, _siloUp) = (new Link[network.Silos], new Link[network.Silos]);
        (_edgeDown, _edgeUp, _renewedAt) = (new Link[network.Edges], new Link[network.Edges], new long[network.Edges]);
        _revocations = [.. Enumerable.Range(0, load.Revocations).Select(_ => new Revocation(network.Silos))];
    }

    private enum Step
    {
        Sent, AtOwner, Durable, AtSilo, AtEdge, Acknowledged, Reported, Answering, Answered, LeaseLooked, RenewalSent, Renewed,
    }

    /// <summary>Runs until every revocation is confirmed. Throws <see cref="ArgumentException"/> for a network that cannot be simulated.</summary>
    public static ModelOutcome Run(ModelNetwork network, ModelLoad load, int seed)
    {
        if (network.Fault() is { } fault)
        {
            throw new ArgumentException(fault, nameof(network));
        }

        if (load.Revocations < 1)
        {
            throw new ArgumentException("there is at least one revocation", nameof(load));
        }

        return new Simulation(network, load, seed).Run();
    }

    /// <summary>Runs several, side by side; the outcomes are in their order.</summary>
    public static Task<ModelOutcome[]> RunAllAsync(IEnumerable<ModelNetwork> networks, ModelLoad load, int seed, CancellationToken cancellation) =>
        Task.WhenAll(networks.Select(network => Task.Run(() => Run(network, load, seed), cancellation)));

    private ModelOutcome Run()
    {
        for (var edge = 0; edge < _net.Edges; edge++)
        {
            // Each at a phase of its own; the renewal before is as far back.
            var phase = (long)(_random.NextDouble() * Ns(_net.RenewEvery));
            _renewedAt[edge] = phase - Ns(_net.RenewEvery);
            if (!IsCut(edge))
            {
                At(phase, Step.RenewalSent, edge, 0);
            }
        }

        var sentAt = 0.0;
        for (var i = 0; i < (_load.PerSecond is null ? 1 : _revocations.Length); i++)
        {
            sentAt += _load.PerSecond is { } rate ? -Math.Log(1 - _random.NextDouble()) / rate * 1e9 : 0;
            At((long)sentAt, Step.Sent, 0, i);
        }

        while (_confirmed < _revocations.Length && _queue.TryDequeue(out var next, out var time))
        {
            _now = time.At;
            _events++;
            if (_now > SimulatedNsMax)
            {
                throw new LoadException("the simulated revocations are not confirmed within a simulated hour: more arrive than a machine can take");
            }

            Do(next);
        }

        return new ModelOutcome(
            [.. _revocations.Select(each => (each.AnsweredAt - each.SentAt) / 1e6)], [.. _revocations.Select(each => (each.DeniedAt - each.SentAt) / 1e6)],
            [.. _revocations.Select(each => (each.ClosedAt - each.OrderedAt) / 1e6)],
            _now / 1e9, _events, _silos[0].BusyNs / (double)Math.Max(1, _now) / _silos[0].Cores);
    }

    private void Do(Event next)
    {
        switch (next.Step)
        {
            case Step.Sent:
                Send(next.Revocation);
                break;
            case Step.AtOwner:
                Order(next.Revocation);
                break;
            case Step.Durable:
                Commit(next.Revocation);
                break;
            case Step.AtSilo:
                Relay(next.Node, next.Revocation, _silos[next.Node].Take(_now, _net.Costs.Apply + Core(next.RoundNs)));
                break;
            case Step.AtEdge:
                Apply(next);
                break;
            case Step.Acknowledged:
                Acknowledge(next.Node, next.Revocation);
                break;
            case Step.Reported:
                Report(next.Revocation, _silos[0].Take(_now, _net.Costs.Ack));
                break;
            case Step.Answering:
                Finish(next.Revocation);
                break;
            case Step.Answered:
                Answer(next.Revocation);
                break;
            case Step.LeaseLooked:
                LookAtLeases(next.Node, next.Revocation);
                break;
            case Step.RenewalSent:
                At(_edgeUp[next.Node].Arrival(_now, _net.Near, _net, _random), Step.Renewed, next.Node, 0);
                At(_now + Ns(_net.RenewEvery), Step.RenewalSent, next.Node, 0);
                break;
            default:
                _renewedAt[next.Node] = _now;
                _ = _silos[SiloOf(next.Node)].Take(_now, _net.Costs.Renew);
                break;
        }
    }

    private void At(long at, Step step, int node, int revocation, long roundNs = 0) => _queue.Enqueue(new Event(step, node, revocation, roundNs), (at, _order++));

    // What of a round or of the rest needs a core, and what passes by itself.
    private long Core(long ns) => (long)(ns * _net.CoreShare * _net.Slowdown);

    private long Waiting(long ns) => (long)(ns * (1 - _net.CoreShare));

    private static long Ns(TimeSpan span) => span.Ticks * 100;

    private int SiloOf(int edge) => edge % _net.Silos;

    // The last ones, so that they are spread over silos and regions.
    private bool IsCut(int edge) => edge >= _net.Edges - _net.CutEdges;

    private int EdgesOf(int silo) => (_net.Edges - silo + _net.Silos - 1) / _net.Silos;

    private Delay Between(int silo, int other) => _net.RegionOf(silo) == _net.RegionOf(other) ? _net.Near : _net.Far;

    private readonly record struct Event(Step Step, int Node, int Revocation, long RoundNs);

    // One revocation on its way.
    private sealed class Revocation(int silos)
    {
        public long SentAt { get; set; }

        public long AnsweredAt { get; set; }

        public long DeniedAt { get; set; }

        public long RestNs { get; set; }

        public long OrderedAt { get; set; }

        public long DurableAt { get; set; } = -1;

        public long ClosedAt { get; set; }

        public int SilosOpen { get; set; } = silos;

        public bool IsConfirmed { get; set; }

        public int FromSilo { get; set; }

        public SiloTurn?[] Turns { get; } = new SiloTurn?[silos];
    }

    // What a silo waits for: which of its edges are still exposed, and until when at most.
    private sealed class SiloTurn(long[] runsOutAt)
    {
        public long[] RunsOutAt { get; } = runsOutAt;

        public bool[] IsOut { get; } = new bool[runsOutAt.Length];

        public int Open { get; set; } = runsOutAt.Length;

        public long ClosedAt { get; set; }
    }
}
