namespace Fabric.LoadTests.Compare.Pairs;

/// <summary>
/// Measures a pair: A B A B, with the calibration loop before, between and after. A round beside which the machine was slower or faster than its median through the
/// run is thrown away and repeated, a bounded number of times.
/// </summary>
/// <param name="calibrate">Measures the machine: loops a millisecond.</param>
/// <param name="log">All calibrations of the run.</param>
/// <param name="say">Told of each round that is repeated.</param>
internal sealed class PairRunner(Func<double> calibrate, CalibrationLog log, Action<string> say)
{
    /// <summary>Rounds that count, for each pair.</summary>
    public const int Rounds = 5;

    /// <summary>Rounds that are repeated, at most, for each pair.</summary>
    public const int RepeatsMax = 4;

    /// <summary>Runs both sides once without counting, then in rounds.</summary>
    public async Task<PairResult> RunAsync(PairSpec spec, Func<Task<SideRound>> fabric, Func<Task<SideRound>> peer, int warmUps = 1)
    {
        for (var i = 0; i < warmUps; i++)
        {
            _ = await fabric();
            _ = await peer();
        }

        var kept = new List<PairRound>();
        var repeated = 0;
        for (var i = 0; i < Rounds; i++)
        {
            kept.Add(await RoundAsync(fabric, peer));
        }

        // Judged once the run has a median: the first rounds of a run have nothing to be compared with.
        while (repeated < RepeatsMax && kept.FindIndex(round => log.IsContaminated(round.Calibration)) is >= 0 and var at)
        {
            repeated++;
            say($"{spec.Name}: a round is repeated: the machine ran at {kept[at].Calibration / log.Median:0%} of its median");
            kept.RemoveAt(at);
            kept.Add(await RoundAsync(fabric, peer));
        }

        return new PairResult(spec, kept, repeated, kept.Count(round => log.IsContaminated(round.Calibration)));
    }

    private async Task<PairRound> RoundAsync(Func<Task<SideRound>> fabric, Func<Task<SideRound>> peer)
    {
        var before = Calibrate();
        var first = await fabric();
        var between = Calibrate();
        var second = await peer();

        // What is furthest from the median counts, whichever side it was beside.
        var around = new[] { before, between, Calibrate() };
        return new PairRound(first, second, around.MaxBy(each => Math.Abs(each - log.Median)));
    }

    private double Calibrate()
    {
        var measured = calibrate();
        log.Add(measured);
        return measured;
    }
}
