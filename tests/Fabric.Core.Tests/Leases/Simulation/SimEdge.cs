using Fabric.Core.Leases;

namespace Fabric.Core.Tests.Leases.Simulation;

/// <summary>One run of an enforcement point. It allows by its <see cref="EdgeLease"/>; what it should allow is reckoned apart from it.</summary>
internal sealed class SimEdge
{
    private readonly LeaseWorld _world;
    private readonly SimClock _clock;
    private readonly Dictionary<ulong, TimeSpan> _sent = [];
    private readonly EdgeLease _lease = new();
    private SimLink? _link;
    private TimeSpan? _trueMoment;
    private ulong _epoch;
    private ulong _number;
    private ulong _applied;
    private ulong _trulyApplied;
    private bool _gap = true;

    public SimEdge(LeaseWorld world, string name)
    {
        (_world, Name) = (world, name);
        Instance = NewInstance();
        _clock = SimClock.Any(world.Random);
        if (world.Flaw == Flaw.ClockSlowerThanAllowed)
        {
            _clock = _clock with { DriftPpm = -30_000 };
        }

        Bounds = world.Random.Next(4) switch
        {
            0 => new ClassBounds(TimeSpan.FromSeconds(20), ClassBounds.WriteMax),
            1 => new ClassBounds(TimeSpan.FromMilliseconds(1_500), TimeSpan.FromMilliseconds(400)),
            _ => ClassBounds.Default,
        };
        Tick();
    }

    public string Name { get; }

    /// <summary>The run: a restarted edge has another under the same name, and so has one that comes back after a bye.</summary>
    public UInt128 Instance { get; private set; }

    public ClassBounds Bounds { get; }

    public bool Stopped { get; private set; }

    public bool Killed { get; private set; }

    /// <summary>Replaced by a new run but not dead yet: it decides on, without a connection.</summary>
    public bool Retired { get; private set; }

    public SimLink? Link => _link;

    private TimeSpan Now => _clock.Read(_world.NowUs);

    /// <summary>INVARIANTS R1 and R2, at every step: what this edge would allow this very moment.</summary>
    public void CheckNow()
    {
        if (Stopped || Killed)
        {
            return;
        }

        foreach (var actionClass in LeaseWorld.EdgeClasses)
        {
            if (!_lease.MayAllow(actionClass, Now, Bounds))
            {
                continue;
            }

            _world.Allowed++;
            if (_trulyApplied < _world.ClosedTo(actionClass))
            {
                _world.BrokenR1($"{Name} allows {actionClass} with {_trulyApplied} applied, {_world.ClosedTo(actionClass)} is closed");
            }

            if (_gap || _trueMoment is null || Now - _trueMoment > Bounds.Of(actionClass))
            {
                _world.BrokenR2($"{Name} allows {actionClass} with a gap ({_gap}) or a lease of {Now - _trueMoment}");
            }
        }
    }

    public void Stop(long us)
    {
        Stopped = true;
        _world.After(us, () =>
        {
            // It goes on where it stood: deciding first, reading what has come in afterwards.
            Stopped = false;
            _world.After(0, () => _link?.DrainDown());
        });
    }

    public void Retire(long us)
    {
        Retired = true;
        if (_link is { } link)
        {
            Disconnected(link);
            _world.After(_world.Random.Next(2_000_000), () => link.Server.Disconnected(link));
        }

        _world.After(us, () => Killed = true);
    }

    public void Bye()
    {
        if (_link is { } link)
        {
            if (_world.Flaw != Flaw.ByeWithoutRelease)
            {
                _lease.Released();
            }

            link.SendUp(new Message(Word.Bye, 0, 0));
            link.Lingers = true;
            Disconnected(link);
            Instance = _world.Flaw == Flaw.SameInstanceAfterBye ? Instance : NewInstance();
        }
    }

    /// <summary>The connection ended, as this end sees it.</summary>
    public void Disconnected(SimLink link)
    {
        link.EdgeOpen = false;
        if (_link == link)
        {
            _link = null;
            _lease.Lost();
        }
    }

    /// <summary>What was pushed but not durable is lost with the fabric's run: it was never opened, and others take its numbers.</summary>
    public void Truncated(ulong durable) => _trulyApplied = Math.Min(_trulyApplied, durable);

    public void Receive(SimLink link, Message message)
    {
        switch (message.Word)
        {
            case Word.Feed:
                Apply(link, message.Revision, snapshot: false);
                break;
            case Word.Snapshot:
                Apply(link, message.Revision, snapshot: true);
                break;
            case Word.Gap when _world.Flaw != Flaw.GapIgnored:
                _gap = true;
                _lease.Released();
                break;
            case Word.Gap:
                _gap = true;
                break;
            case Word.Grant:
                Granted(message.Number);
                break;
            default:
                Answered(message);
                break;
        }
    }

    private void Apply(SimLink link, ulong revision, bool snapshot)
    {
        (_epoch, _gap) = (link.Server.Epoch, _gap && !snapshot);
        _applied = snapshot ? revision : Math.Max(_applied, revision);
        var truly = link.Server.Crashed ? Math.Min(revision, link.Server.Durable) : revision;
        if (_world.Flaw == Flaw.AcknowledgedBeforeApplied)
        {
            _world.After(_world.Random.Next(2_000_000), () => _trulyApplied = Math.Max(_trulyApplied, truly));
        }
        else
        {
            _trulyApplied = snapshot ? truly : Math.Max(_trulyApplied, truly);
        }

        if (_world.Random.Next(8) > 0)
        {
            link.SendUp(new Message(Word.Ack, 0, _applied));
        }
    }

    private void Granted(ulong number)
    {
        if (_world.Flaw == Flaw.LeaseCountsFromTheGrant)
        {
            _lease.Sent(number, Now);
        }

        if (_lease.Granted(number) && (_trueMoment is null || _sent[number] > _trueMoment))
        {
            _trueMoment = _sent[number];
        }
    }

    // The fabric's answer may be used for any class while it is young, unless what has been applied since denies.
    private void Answered(Message answer)
    {
        if (_gap || Now - answer.Sent > LeaseTerms.AnswerValid || _applied >= answer.Revision)
        {
            return;
        }

        _world.AllowedByAnswer++;
        foreach (var actionClass in LeaseWorld.AllClasses)
        {
            if (_world.ClosedTo(actionClass) >= answer.Revision)
            {
                _world.BrokenR1($"{Name} allows {actionClass} by an answer, {answer.Revision} is closed");
            }
        }
    }

    private UInt128 NewInstance() => (UInt128)_world.Random.NextInt64(1, long.MaxValue);

    private void Tick()
    {
        if (Killed || Retired)
        {
            return;
        }

        if (!Stopped && _link is null && _world.Random.Next(2) == 0)
        {
            _link = new SimLink(_world, this, _world.Server);
            _link.SendUp(new Message(Word.Hello, _epoch, _gap ? 0 : _applied));
        }
        else if (!Stopped && _link is not null)
        {
            Renew(_link);
        }

        _world.After(_world.Random.Next(50_000, 350_000), Tick);
    }

    private void Renew(SimLink link)
    {
        _sent[++_number] = Now;
        if (_world.Flaw != Flaw.LeaseCountsFromTheGrant)
        {
            _lease.Sent(_number, Now);
        }

        link.SendUp(new Message(Word.Renew, _number, _applied));
        if (_world.Random.Next(3) == 0)
        {
            link.SendUp(new Message(Word.Check, 0, _world.Server.Head + 1 + (ulong)_world.Random.Next(3), Now));
        }
    }
}
