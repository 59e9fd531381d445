using Fabric.Core.Leases;

namespace Fabric.Core.Tests.Leases.Simulation;

/// <summary>One run of the fabric: pushes each revocation at once, opens its receipt when it is durable, and serves the lease table.</summary>
internal sealed class SimServer
{
    private readonly LeaseWorld _world;
    private readonly SimClock _clock;
    private readonly LeaseTable _table = new();
    private readonly List<SimLink> _links = [];
    private readonly ulong _resumableTo;
    private long _committedUs;
    private long _wakeUs = long.MaxValue;

    public SimServer(LeaseWorld world, ulong epoch, ulong durable, ClassBounds? before)
    {
        _world = world;
        _clock = SimClock.Any(world.Random);
        (Epoch, Head, Durable, _resumableTo) = (epoch, durable, durable, durable);
        if (before is { } longest && world.Flaw != Flaw.NoWaitAfterRestart)
        {
            _table.StartedUnclean(longest, Now);
        }
    }

    public ulong Epoch { get; }

    public ulong Head { get; private set; }

    public ulong Durable { get; private set; }

    public bool Stalled { get; private set; }

    public bool Crashed { get; private set; }

    public ClassBounds LongestBounds => _table.LongestBounds;

    public IReadOnlyList<SimLink> Links => _links;

    private TimeSpan Now => _clock.Read(_world.NowUs);

    /// <summary>One revocation: applied and pushed now, durable and open a little later, in order.</summary>
    public void Revoke()
    {
        var revision = ++Head;
        foreach (var link in _links)
        {
            if (link.ServerOpen)
            {
                link.SendDown(new Message(Word.Feed, 0, revision));
            }
        }

        _committedUs = Math.Max(_committedUs, _world.NowUs + _world.Random.Next(1, 5_000));
        _world.At(_committedUs, () =>
        {
            if (!Crashed)
            {
                Durable = revision;
                Closed(_table.Open(revision, Now));
            }
        });
    }

    public void Crash()
    {
        Crashed = true;
        foreach (var link in _links)
        {
            link.ServerOpen = false;
            _world.After(_world.Random.Next(3_000_000), () => link.Edge.Disconnected(link));
        }
    }

    public void Stall(long us)
    {
        Stalled = true;
        _world.After(us, () =>
        {
            Stalled = false;
            _links.ToList().ForEach(link => link.DrainUp());
            _wakeUs = long.MaxValue;
            Closed(_table.Advance(Now));
        });
    }

    /// <summary>The feed overflowed for one edge: an explicit gap, then everything.</summary>
    public void Overflow(SimLink link)
    {
        link.SendDown(new Message(Word.Gap, 0, 0));
        link.SendDown(new Message(Word.Snapshot, 0, Head));
    }

    /// <summary>The end of a connection shows at last.</summary>
    public void Disconnected(SimLink link)
    {
        if (Crashed || !link.ServerOpen)
        {
            return;
        }

        link.ServerOpen = false;
        _links.Remove(link);
        if (_world.Flaw == Flaw.LostEdgeForgotten)
        {
            _table.Bye(link.Connection, Now);
        }
        else
        {
            _table.Drop(link.Connection, Now);
        }

        Closed(_table.Advance(Now));
    }

    public void Receive(SimLink link, Message message)
    {
        switch (message.Word)
        {
            case Word.Hello:
                Hello(link, message);
                break;
            case Word.Renew when _world.Flaw == Flaw.GrantedWithoutAcknowledgement:
                _table.Renew(link.Connection, message.Number, message.Revision, Head, Now);
                link.SendDown(new Message(Word.Grant, message.Number, 0));
                break;
            case Word.Renew:
                Answer(link, _table.Renew(link.Connection, message.Number, message.Revision, Head, Now));
                break;
            case Word.Ack:
                Answer(link, _table.Ack(link.Connection, message.Revision, Head, Now));
                break;
            case Word.Check:
                Check(link, message);
                break;
            default:
                _table.Bye(link.Connection, Now);
                link.ServerOpen = false;
                _links.Remove(link);
                break;
        }

        Closed(_table.Advance(Now));
    }

    private void Hello(SimLink link, Message message)
    {
        // What is faulty here takes every run of a name for one.
        var edge = link.Edge;
        var instance = _world.Flaw == Flaw.OldRunForgotten ? 1 : link.Instance;
        var hello = _table.Hello(edge.Name, instance, edge.Bounds, Now);
        if (!hello.IsOk)
        {
            edge.Disconnected(link);
            return;
        }

        link.Connection = hello.Value;
        _links.Add(link);
        var kept = message.Number == Epoch || (message.Number + 1 == Epoch && message.Revision <= _resumableTo);
        if (message.Revision > 0 && kept && _world.Random.Next(5) > 0)
        {
            link.SendDown(new Message(Word.Feed, 0, Head));
        }
        else
        {
            Overflow(link);
        }
    }

    private void Answer(SimLink link, LeaseAnswer answer)
    {
        if (answer.Refused)
        {
            link.ServerOpen = false;
            _links.Remove(link);
            _world.After(_world.Random.Next(1_000_000), () => link.Edge.Disconnected(link));
        }
        else if (answer.Granted != 0)
        {
            link.SendDown(new Message(Word.Grant, answer.Granted, 0));
        }
    }

    // Decided now, answered a little later: a revocation may come between.
    private void Check(SimLink link, Message message)
    {
        var (decidedAt, arrived) = (Head, Now);
        _world.After(_world.Random.Next(2_000), () =>
        {
            if (!Crashed && decidedAt < message.Revision
                && (_world.Flaw == Flaw.AnswersNotNoted || _table.Answered(link.Connection, decidedAt, arrived, Now)))
            {
                link.SendDown(message with { Word = Word.Answer });
            }
        });
    }

    private void Closed(ClosedFloors floors)
    {
        _world.Closed(floors);
        if (_table.NextDeadline is not { } next || Stalled)
        {
            return;
        }

        var us = _world.NowUs + Math.Max(1, _clock.TrueUsFor(next - Now));
        if (us < _wakeUs || _wakeUs <= _world.NowUs)
        {
            _wakeUs = us;
            _world.At(us, () =>
            {
                if (!Crashed && !Stalled)
                {
                    Closed(_table.Advance(Now));
                }
            });
        }
    }
}
