namespace Fabric.LoadTests.Compare.Pairs;

/// <summary>
/// Measures a pair: A B A B, with the calibration loop before, between and after. A round that the machine or somebody else on it disturbed (<see cref="NoiseRule"/>) is thrown
/// away and repeated, a bounded number of times.
/// </summary>
/// <param name="calibrate">Measures the machine's speed.</param>
/// <param name="read">Reads whom the machine's time went to so far.</param>
/// <param name="rule">When a round does not count.</param>
/// <param name="say">Told of each round that is repeated.</param>
internal sealed class PairRunner(Func<double> calibrate, Func<MachineLoad> read, NoiseRule rule, Action<string> say)
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

        var (kept, all) = (new List<PairRound>(), new List<PairRound>());
        for (var i = 0; i < Rounds; i++)
        {
            kept.Add(await RoundAsync(fabric, peer));
        }

        // Judged once the pair has a median: its first rounds have nothing to be compared with.
        all.AddRange(kept);
        var repeated = 0;
        while (repeated < RepeatsMax && kept.FindIndex(round => Disturbance(round) is not null) is >= 0 and var at)
        {
            repeated++;
            say($"{spec.Name}: a round is repeated: {Disturbance(kept[at])}");
            var again = await RoundAsync(fabric, peer);
            kept.RemoveAt(at);
            kept.Add(again);
            all.Add(again);
        }

        return new PairResult(spec, kept, repeated, kept.Count(round => Disturbance(round) is not null)) { Measured = all };

        string? Disturbance(PairRound round) => rule.Disturbance(round.Noise, NoiseRule.MedianSpeed(all));
    }

    private async Task<PairRound> RoundAsync(Func<Task<SideRound>> fabric, Func<Task<SideRound>> peer)
    {
        var from = read();
        var before = calibrate();
        var first = await fabric();
        var between = calibrate();
        var second = await peer();
        var after = calibrate();
        return new PairRound(first, second, new RoundNoise([before, between, after], read().OthersSince(from)));
    }
}
