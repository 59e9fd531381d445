using System.Buffers.Text;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using Fabric.Contracts.Revocations;
using Fabric.Core.Scopes;
using Fabric.LoadTests.Measure;
using Fabric.LoadTests.Processes;

namespace Fabric.LoadTests.Scenarios;

/// <summary>
/// Checks at an in-process edge, on one thread: 100,000 live tokens that were really issued, 100,000 credentials that were really revoked. The tokens
/// and calls presented are copies: nothing is the same object as what the edge has seen before. As in a server, which has just read both from its
/// socket, the texts of a token and its call are in the core's cache when their check begins; what the edge keeps about them is where it may be. The
/// `cold_text` rates leave that reading to the check: they measure mostly how fast this memory delivers two kilobytes at random.
/// </summary>
internal sealed class CheckScenario : IScenario
{
    private const int Revocations = 100_000;
    private const int BatchSize = 50;
    private const int HotTokens = 1_000;
    private const int ReceivedAtOnce = 16;
    private const int ChecksPerRound = 32_000 * ReceivedAtOnce;
    private const int FirstPerPair = 10;

    public string Name => "check";

    public string Description => "checks a second on one core: 100,000 live tokens, 100,000 revocations in the index (--count: tokens, --seconds: of each part)";

    public async Task RunAsync(ScenarioRun run)
    {
        var count = Math.Max(HotTokens, run.CountOr(100_000));
        var time = run.SecondsOr(10);
        using var folder = new TempFolder(run.Options.KeepData);
        await using var local = LocalFabric.Open(folder.Path);
        var calls = await PrepareAsync(run, local, count);
        await using var edge = local.MakeEdge("acme", tokensMax: 2 * count);

        // On a thread of its own, so that nothing else of this process shares its core's time slices.
        await Task.Factory.StartNew(() => Measure(run, local, edge, calls, time), run.Cancellation, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        run.Report.Note($"{count:N0} tokens of {calls[0].Token.Length} characters over {local.Engine.Index.Count:N0} index records; one thread; tokens drawn at random, each with its own call; medians of rounds of {ChecksPerRound:N0}, spread from the 10th to the 90th percentile; the texts of {ReceivedAtOnce} tokens and calls are read, as a server's parser does, before their checks are timed, except in cold_text_*; tokens are bytes, as they come over the wire, in string_* strings of two bytes a character");
    }

    private static async Task<EdgeCall[]> PrepareAsync(ScenarioRun run, LocalFabric local, int count)
    {
        var town = await Town.FoundAsync(local.Operator, "acme");
        await town.SettleAsync(0, 1_000);
        using var stage = run.Log.Begin($"issue {count:N0} tokens, revoke {Revocations:N0} others", count + Revocations);
        var calls = new EdgeCall[count];
        await Swarm.ForAsync((count + BatchSize - 1) / BatchSize, Town.Callers, async i =>
        {
            var issued = await town.IssueAsync(await town.OpenAsync(i % 1_000, i), BatchSize);
            for (var k = 0; k < BatchSize && (i * BatchSize) + k < count; k++)
            {
                calls[(i * BatchSize) + k] = Town.CallOf(issued[k].Token, i, k);
            }

            stage.Advance(BatchSize);
        });
        await Swarm.ForAsync(Revocations / 1_000, 16, async i =>
        {
            var issued = await town.IssueAsync(await town.OpenAsync(i, i), 1_000);
            var request = new RevokeRequest(Tenant: "acme", Credentials: [.. issued.Select(each => each.Id)], Reason: "load test");
            _ = await local.Operator.RevokeAsync(request).Need("revoke credentials");
            stage.Advance(1_000);
        });
        return calls;
    }

    private static void Measure(ScenarioRun run, LocalFabric local, ICheckingEdge edge, EdgeCall[] calls, TimeSpan time)
    {
        run.Report.Add("check.first_ratio_to_es256", FirstRatio(run, local, edge, calls), "ratio");
        var presented = Array.ConvertAll(calls, call => new Presented(Copy(call.Token), Encoding.ASCII.GetBytes(call.Token), HeldCalls.CallOf(call with
        {
            Tool = Copy(call.Tool),
            Action = Copy(call.Action),
            Resource = Copy(call.Resource),
        })));
        var count = presented.Length;
        using var stage = run.Log.Begin("check, each token again and again", 3.5 * time.TotalSeconds);
        foreach (var call in calls)
        {
            Need(edge.Check(call.Token, HeldCalls.CallOf(call)));
        }

        var (hot, hotBytes) = (Rounds(new(edge, presented, HotTokens), time / 2, stage), Rounds(new(edge, presented, HotTokens, Utf8: true), time, stage));
        var (all, allBytes) = (Rounds(new(edge, presented, count), time / 2, stage), Rounds(new(edge, presented, count, Utf8: true), time, stage));
        var cold = Rounds(new(edge, presented, count, ColdText: true), time / 4, stage);
        var coldBytes = Rounds(new(edge, presented, count, Utf8: true, ColdText: true), time / 4, stage);
        run.Report.Add("check.rate_per_core", Samples.Median(allBytes.Rates), "checks/s");
        run.Report.Add("check.hot_rate_per_core", Samples.Median(hotBytes.Rates), "checks/s");
        run.Report.Add("check.alloc_bytes", new[] { all, hot, allBytes, hotBytes }.Max(each => each.Bytes), "bytes/check");
        run.Report.Add("check.rate_spread", Samples.Percentile(allBytes.Rates, 90) - Samples.Percentile(allBytes.Rates, 10), "checks/s");
        run.Report.Add("check.hot_rate_spread", Samples.Percentile(hotBytes.Rates, 90) - Samples.Percentile(hotBytes.Rates, 10), "checks/s");
        run.Report.Add("check.string_rate_per_core", Samples.Median(all.Rates), "checks/s");
        run.Report.Add("check.string_hot_rate_per_core", Samples.Median(hot.Rates), "checks/s");
        run.Report.Add("check.cold_text_rate_per_core", Samples.Median(coldBytes.Rates), "checks/s");
        run.Report.Add("check.string_cold_text_rate_per_core", Samples.Median(cold.Rates), "checks/s");
    }

    // The first round is not counted: what is compiled late is compiled in it, and the cache holds what this work needs.
    private static (List<double> Rates, double Bytes) Rounds(Work work, TimeSpan time, Reports.RunLog.Stage stage)
    {
        var (rates, state) = (new List<double>(), 88172645463325252UL);
        long bytes = 0;
        _ = Round(work, ref state);
        var whole = Stopwatch.StartNew();
        do
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            var began = whole.Elapsed;
            rates.Add(ChecksPerRound / Round(work, ref state).TotalSeconds);
            bytes += GC.GetAllocatedBytesForCurrentThread() - before;
            stage.Advance((whole.Elapsed - began).TotalSeconds);
        }
        while (whole.Elapsed < time);
        return (rates, Math.Floor((double)bytes / ((long)rates.Count * ChecksPerRound)));
    }

    // The time that the checks alone took.
    private static TimeSpan Round(Work work, ref ulong state)
    {
        Span<int> drawn = stackalloc int[ReceivedAtOnce];
        var (time, denied) = (TimeSpan.Zero, 0);
        for (var done = 0; done < ChecksPerRound; done += ReceivedAtOnce)
        {
            foreach (ref var one in drawn)
            {
                // xorshift: as cheap as a random draw can be.
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                one = (int)(((state >> 32) * (ulong)work.Among) >> 32);
            }

            if (!work.ColdText)
            {
                Receive(work, drawn);
            }

            var began = Stopwatch.GetTimestamp();
            foreach (var i in drawn)
            {
                ref readonly var one = ref work.Presented[i];
                denied += (work.Utf8 ? work.Edge.Check(one.Utf8, one.Call) : work.Edge.Check(one.Token, one.Call)).Allowed ? 0 : 1;
            }

            time += Stopwatch.GetElapsedTime(began);
        }

        return denied == 0 ? time : throw new LoadException($"{denied} checks of live tokens were denied");
    }

    // Reads the texts, as parsing a request does.
    private static void Receive(Work work, ReadOnlySpan<int> drawn)
    {
        foreach (var i in drawn)
        {
            ref readonly var one = ref work.Presented[i];
            var found = work.Utf8 ? one.Utf8.AsSpan().IndexOf((byte)' ') : one.Token.AsSpan().IndexOf(' ');
            if (found >= 0 || one.Call.Tool.Contains(' ', StringComparison.Ordinal) || one.Call.Action.Contains(' ', StringComparison.Ordinal) || one.Call.Resource.Contains(' ', StringComparison.Ordinal))
            {
                throw new LoadException("a token or call with a blank in it");
            }
        }
    }

    // Pairs of ten: ten bare verifications, ten first checks of the same tokens; the median of the pairs' ratios.
    private static double FirstRatio(ScenarioRun run, LocalFabric local, ICheckingEdge edge, EdgeCall[] calls)
    {
        // The first half is not counted: what reads tokens is compiled well only after thousands of them.
        var pairs = Math.Min(calls.Length, 40_000) / FirstPerPair;
        using var stage = run.Log.Begin("check, first sight, against bare verification", pairs);
        using var key = BareKey(local);
        var ratios = new List<double>();
        double bareUs = 0, firstUs = 0;
        for (var pair = 0; pair < pairs; pair++)
        {
            var part = calls.AsSpan(pair * FirstPerPair, FirstPerPair);
            var inputs = part.ToArray().Select(Split).ToArray();
            double bare = 0, first = 0;
            if (pair % 2 == 0)
            {
                bare = Bare(key, inputs);
                first = First(edge, part);
            }
            else
            {
                first = First(edge, part);
                bare = Bare(key, inputs);
            }

            if (pair >= pairs / 2)
            {
                ratios.Add(first / bare);
                (bareUs, firstUs) = (bareUs + bare, firstUs + first);
            }

            stage.Advance();
        }

        run.Report.Add("check.first_us", firstUs / (ratios.Count * FirstPerPair), "us");
        run.Report.Add("check.bare_verify_us", bareUs / (ratios.Count * FirstPerPair), "us");
        return Samples.Median(ratios);
    }

    private static double Bare(ECDsa key, (byte[] Input, byte[] Signature)[] inputs)
    {
        var watch = Stopwatch.StartNew();
        foreach (var (input, signature) in inputs)
        {
            if (!key.VerifyData(input, signature, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation))
            {
                throw new LoadException("a token does not verify under its tenant's key");
            }
        }

        return watch.Elapsed.TotalMicroseconds;
    }

    private static double First(ICheckingEdge edge, ReadOnlySpan<EdgeCall> calls)
    {
        var watch = Stopwatch.StartNew();
        foreach (var call in calls)
        {
            Need(edge.Check(call.Token, HeldCalls.CallOf(call)));
        }

        return watch.Elapsed.TotalMicroseconds;
    }

    private static ECDsa BareKey(LocalFabric local)
    {
        var key = local.Engine.Keys.Snapshot().Single();
        return ECDsa.Create(new ECParameters
        {
            Curve = ECCurve.NamedCurves.nistP256,
            Q = new ECPoint { X = key.X.ToArray(), Y = key.Y.ToArray() },
        });
    }

    private static (byte[] Input, byte[] Signature) Split(EdgeCall call)
    {
        var dot = call.Token.LastIndexOf('.');
        return (Encoding.ASCII.GetBytes(call.Token[..dot]), Base64Url.DecodeFromChars(call.Token.AsSpan(dot + 1)));
    }

    private static void Need(Core.Checks.Decision decision)
    {
        if (!decision.Allowed)
        {
            throw new LoadException($"a check of a live token was denied: {decision.Code}");
        }
    }

    private static string Copy(string text) => new(text.AsSpan());

    private sealed record Work(ICheckingEdge Edge, Presented[] Presented, int Among, bool Utf8 = false, bool ColdText = false);

    private readonly record struct Presented(string Token, byte[] Utf8, ToolCall Call);
}
