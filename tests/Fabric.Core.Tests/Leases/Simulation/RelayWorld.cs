using Fabric.Core.Leases;
using Fabric.Core.Scopes;

namespace Fabric.Core.Tests.Leases.Simulation;

/// <summary>
/// A feed log, its relays and their edges, with messages that take their time, relays that freeze or die, edges that stop, and a feed log that moves while the owner before still
/// grants. After every step: nobody allows what is closed.
/// </summary>
internal sealed class RelayWorld
{
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Ownership = TimeSpan.FromSeconds(1);
    private static readonly ClassBounds BestEffort = new(TimeSpan.FromSeconds(20), ClassBounds.WriteMax);

    private readonly Random _random;
    private readonly bool _waitsAfterMove;
    private readonly bool _knowsBestEffort;
    private readonly PriorityQueue<Action, long> _messages = new();
    private readonly List<Relay> _relays = [];
    private readonly List<Edge> _edges = [];
    private RelayTable _log;
    private RelayTable? _before;
    private long _beforeUntilMs;
    private long _nowMs = 10_000;
    private ulong _head;
    private UInt128 _instances;

    /// <param name="seed">Replays exactly.</param>
    /// <param name="waitsAfterMove">False: a flaw, to be found.</param>
    /// <param name="knowsBestEffort">False: a flaw, to be found.</param>
    public RelayWorld(int seed, bool waitsAfterMove = true, bool knowsBestEffort = true)
    {
        (_random, _waitsAfterMove, _knowsBestEffort) = (new Random(seed), waitsAfterMove, knowsBestEffort);
        _log = NewLog();
        for (var i = 0; i < 3; i++)
        {
            AddRelay();
        }
    }

    public string? Broken { get; private set; }

    public long Allowed { get; private set; }

    public ulong Closed { get; private set; }

    public int Moves { get; private set; }

    private TimeSpan Now => TimeSpan.FromMilliseconds(_nowMs);

    public void Run(int steps)
    {
        for (var i = 0; i < steps && Broken is null; i++)
        {
            _nowMs += 10;
            while (_messages.TryPeek(out var message, out var at) && at <= _nowMs)
            {
                _messages.Dequeue();
                message();
            }

            Step();
            Check();
        }
    }

    private void Step()
    {
        if (Chance(20))
        {
            Revoke();
        }

        foreach (var relay in _relays.ToArray())
        {
            relay.Frozen = Chance(relay.Frozen ? 5 : 1) ? !relay.Frozen : relay.Frozen;
            if (!relay.Frozen && Chance(15))
            {
                Renew(relay);
            }
        }

        foreach (var edge in _edges.Where(edge => edge.Relay.Alive && !edge.Stopped))
        {
            if (Chance(15))
            {
                Renew(edge);
            }

            if (Chance(30))
            {
                Apply(edge);
            }
        }

        foreach (var edge in _edges)
        {
            edge.Stopped = _random.Next(1000) < (edge.Stopped ? 20 : 2) ? !edge.Stopped : edge.Stopped;
        }

        if (_random.Next(3_000) == 0)
        {
            var gone = _relays[_random.Next(_relays.Count)];
            gone.Alive = false;
            _relays.Remove(gone);
            AddRelay();
        }

        if (_random.Next(2_500) == 0)
        {
            Move();
        }
    }

    private void Revoke()
    {
        _head++;
        _log.Opened(_head);
        foreach (var relay in _relays)
        {
            var head = _head;
            Send(relay, () =>
            {
                relay.Applied = Math.Max(relay.Applied, head);
                relay.Hub.Open(relay.Applied, Now);
            });
        }
    }

    private void Renew(Relay relay)
    {
        var (number, closed, applied) = (++relay.Number, relay.Hub.Advance(Now), relay.Applied);
        relay.Lease.Sent(number, Now);

        // For a while after a move some still reach the owner before.
        var log = _before is not null && Chance(50) ? _before : _log;
        _messages.Enqueue(
            () =>
            {
                var sure = log == _log || _nowMs <= _beforeUntilMs;
                var granted = log.Renew(relay.Instance, "relay", number, applied, closed, sure, Now);
                if (granted > 0)
                {
                    Send(relay, () => relay.Lease.Granted(granted));
                }
            },
            _nowMs + Delay());
    }

    private void Renew(Edge edge)
    {
        var (number, applied) = (++edge.Number, edge.Applied);
        edge.Lease.Sent(number, Now);
        Send(edge.Relay, () => Granted(edge, edge.Relay.Lease.Staleness(Now) <= Lease
            ? edge.Relay.Hub.Renew(edge.Connection, number, applied, edge.Relay.Applied, Now)
            : edge.Relay.Hub.Ack(edge.Connection, applied, edge.Relay.Applied, Now)));
    }

    private void Apply(Edge edge)
    {
        var applied = edge.Relay.Applied;
        Send(edge, () =>
        {
            edge.Applied = Math.Max(edge.Applied, applied);
            var told = edge.Applied;
            Send(edge.Relay, () => Granted(edge, edge.Relay.Hub.Ack(edge.Connection, told, edge.Relay.Applied, Now)));
        });
    }

    private void Granted(Edge edge, LeaseAnswer answer)
    {
        if (answer.Granted > 0)
        {
            Send(edge, () => edge.Lease.Granted(answer.Granted));
        }
    }

    private void Move()
    {
        Moves++;
        (_before, _beforeUntilMs) = (_log, _nowMs + (long)Ownership.TotalMilliseconds);
        _log = NewLog();
        _log.Opened(_head);
        if (_waitsAfterMove)
        {
            _log.StartedAnew(_head, Now);
        }
    }

    private RelayTable NewLog() => new(Lease, Ownership) { Longest = _knowsBestEffort ? BestEffort : ClassBounds.Default };

    private void Check()
    {
        var closed = _log.Advance(Now);
        Closed = Math.Max(Closed, closed.Confirmed);
        foreach (var edge in _edges)
        {
            foreach (var actionClass in (ActionClass[])[ActionClass.Read, ActionClass.Write])
            {
                if (edge.Lease.MayAllow(actionClass, Now, edge.Bounds))
                {
                    Allowed++;
                    Broken ??= edge.Applied < closed.Of(actionClass) ? $"at {_nowMs} ms an edge at {edge.Applied} allows {actionClass}, closed is {closed}" : null;
                }
            }
        }

        foreach (var relay in _relays.Where(relay => relay.Lease.Staleness(Now) <= Lease))
        {
            Broken ??= relay.Applied < closed.Destructive ? $"at {_nowMs} ms a relay at {relay.Applied} decides, closed is {closed}" : null;
        }
    }

    private void AddRelay()
    {
        var relay = new Relay(++_instances) { Applied = _head };
        relay.Hub.Open(_head, Now);
        _relays.Add(relay);
        for (var i = 0; i < 2; i++)
        {
            var bounds = i == 0 ? ClassBounds.Default : BestEffort;
            _edges.Add(new Edge(relay, relay.Hub.Hello($"edge{_edges.Count}", ++_instances, bounds, Now).Value, bounds));
        }
    }

    // A frozen process gets its messages when it goes on, a dead one never.
    private void Send(Relay relay, Action message) => _messages.Enqueue(() => Deliver(() => relay.Frozen, () => relay.Alive, message), _nowMs + Delay());

    private void Send(Edge edge, Action message) => _messages.Enqueue(() => Deliver(() => edge.Stopped, () => true, message), _nowMs + Delay());

    private void Deliver(Func<bool> waits, Func<bool> lives, Action message)
    {
        if (!lives())
        {
            return;
        }

        if (waits())
        {
            _messages.Enqueue(() => Deliver(waits, lives, message), _nowMs + 20);
            return;
        }

        message();
    }

    private long Delay() => Chance(10) ? _random.Next(800) : _random.Next(20);

    private bool Chance(int percent) => _random.Next(100) < percent;

    private sealed class Relay(UInt128 instance)
    {
        public UInt128 Instance { get; } = instance;
        public LeaseTable Hub { get; } = new();
        public EdgeLease Lease { get; } = new();
        public ulong Applied { get; set; }
        public ulong Number { get; set; }
        public bool Frozen { get; set; }
        public bool Alive { get; set; } = true;
    }

    private sealed class Edge(Relay relay, EdgeConnection connection, ClassBounds bounds)
    {
        public ClassBounds Bounds { get; } = bounds;
        public Relay Relay { get; } = relay;
        public EdgeConnection Connection { get; } = connection;
        public EdgeLease Lease { get; } = new();
        public ulong Applied { get; set; }
        public ulong Number { get; set; }
        public bool Stopped { get; set; }
    }
}
