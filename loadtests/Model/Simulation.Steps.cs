namespace Fabric.LoadTests.Model;

/// <summary>The steps of a revocation.</summary>
internal sealed partial class Simulation
{
    private void Send(int number)
    {
        var one = _revocations[number];
        one.SentAt = _now;
        one.FromSilo = _random.Next(_net.Silos);
        one.RestNs = _net.Rest.DrawNs(_random);
        var at = _now + _net.Caller.DrawNs(_random) + Waiting(one.RestNs / 2);
        At(one.FromSilo == 0 ? at : at + Between(one.FromSilo, 0).DrawNs(_random), Step.AtOwner, 0, number);
    }

    private void Order(int number)
    {
        var one = _revocations[number];
        var done = _silos[0].Take(_now, _net.Costs.Request + Core(one.RestNs / 2));
        one.OrderedAt = done;
        At(done + _net.Commit.DrawNs(_random), Step.Durable, 0, number);
        if (!_net.PushesAfterCommit)
        {
            Push(number, done);
        }
    }

    private void Commit(int number)
    {
        _revocations[number].DurableAt = _now;
        if (_net.PushesAfterCommit)
        {
            Push(number, _now);
        }

        Confirm(number);
    }

    private void Push(int number, long at)
    {
        Relay(0, number, at);
        for (var silo = 1; silo < _net.Silos; silo++)
        {
            var left = _silos[0].Take(at, _net.Costs.Push);
            var round = _net.Round.DrawNs(_random);
            At(_siloDown[silo].Arrival(left, Between(0, silo), _net, _random, Waiting(round)), Step.AtSilo, silo, number, round);
        }
    }

    // A silo has applied it: its own edges follow, and each is exposed until it has acknowledged, or its lease of before has run out.
    private void Relay(int silo, int number, long at)
    {
        var turn = new SiloTurn(new long[EdgesOf(silo)]);
        _revocations[number].Turns[silo] = turn;
        turn.ClosedAt = at;
        for (var i = 0; i < turn.RunsOutAt.Length; i++)
        {
            var edge = silo + (i * _net.Silos);
            turn.RunsOutAt[i] = _renewedAt[edge] + Ns(_net.RunOut);
            var left = _silos[silo].Take(at, _net.Costs.Push);
            if (!IsCut(edge))
            {
                var round = _net.Round.DrawNs(_random);
                At(_edgeDown[edge].Arrival(left, _net.Near, _net, _random, Waiting(round / 2)), Step.AtEdge, edge, number, round);
            }
        }

        if (turn.Open == 0)
        {
            Close(silo, number, turn);
            return;
        }

        At(Math.Max(at, turn.RunsOutAt.Min()), Step.LeaseLooked, silo, number);
    }

    private void Apply(Event here)
    {
        var done = _edges[here.Node].Take(_now, _net.Costs.Apply + Core(here.RoundNs));
        var one = _revocations[here.Revocation];
        one.DeniedAt = Math.Max(one.DeniedAt, done);
        At(_edgeUp[here.Node].Arrival(done, _net.Near, _net, _random, Waiting(here.RoundNs / 2)), Step.Acknowledged, here.Node, here.Revocation);
    }

    private void Acknowledge(int edge, int number)
    {
        var silo = SiloOf(edge);
        var done = _silos[silo].Take(_now, _net.Costs.Ack);
        if (_revocations[number].Turns[silo] is { } turn && !turn.IsOut[edge / _net.Silos])
        {
            (turn.IsOut[edge / _net.Silos], turn.Open, turn.ClosedAt) = (true, turn.Open - 1, Math.Max(turn.ClosedAt, done));
            Close(silo, number, turn);
        }
    }

    private void LookAtLeases(int silo, int number)
    {
        if (_revocations[number].Turns[silo] is not { } turn)
        {
            return;
        }

        var next = long.MaxValue;
        for (var i = 0; i < turn.RunsOutAt.Length; i++)
        {
            if (!turn.IsOut[i] && turn.RunsOutAt[i] <= _now)
            {
                (turn.IsOut[i], turn.Open, turn.ClosedAt) = (true, turn.Open - 1, Math.Max(turn.ClosedAt, _now));
            }

            next = turn.IsOut[i] ? next : Math.Min(next, turn.RunsOutAt[i]);
        }

        if (next < long.MaxValue)
        {
            At(next, Step.LeaseLooked, silo, number);
        }

        Close(silo, number, turn);
    }

    // Nobody below the silo can allow it any more: the owner hears of it.
    private void Close(int silo, int number, SiloTurn turn)
    {
        if (turn.Open > 0)
        {
            return;
        }

        _revocations[number].Turns[silo] = null;
        if (silo == 0)
        {
            Report(number, turn.ClosedAt);
        }
        else
        {
            At(_siloUp[silo].Arrival(turn.ClosedAt, Between(silo, 0), _net, _random), Step.Reported, silo, number);
        }
    }

    private void Report(int number, long at)
    {
        var one = _revocations[number];
        (one.SilosOpen, one.ClosedAt) = (one.SilosOpen - 1, Math.Max(one.ClosedAt, at));
        Confirm(number);
    }

    private void Confirm(int number)
    {
        var one = _revocations[number];
        if (one.DurableAt >= 0 && one.SilosOpen == 0 && !one.IsConfirmed)
        {
            one.IsConfirmed = true;
            var at = Math.Max(one.DurableAt, one.ClosedAt) + (one.FromSilo == 0 ? 0 : Between(0, one.FromSilo).DrawNs(_random));
            At(at, Step.Answering, 0, number);
        }
    }

    private void Finish(int number)
    {
        var one = _revocations[number];
        var done = _silos[one.FromSilo].Take(_now, Core(one.RestNs / 2));
        At(done + Waiting(one.RestNs / 2) + _net.Caller.DrawNs(_random), Step.Answered, 0, number);
    }

    private void Answer(int number)
    {
        _revocations[number].AnsweredAt = _now;
        _confirmed++;
        if (_load.PerSecond is null && number + 1 < _revocations.Length)
        {
            At(_now, Step.Sent, 0, number + 1);
        }
    }
}
