namespace Fabric.Benchmarks.Running;

/// <summary>
/// What a call allocates on its own thread, to the byte: the same on every machine, however busy it is. Calls that are not counted come first, so that what is made once
/// (buffers of a thread, code) is made.
/// </summary>
internal static class AllocationMeter
{
    private const int Rounds = 5;
    private const int OperationsPerRound = 2_000;
    private const int CallsMin = 3;

    /// <summary>Bytes an operation: the median of the rounds, rounded up.</summary>
    public static long BytesPerOperation(Func<int> call, int operations)
    {
        var calls = Math.Max(CallsMin, OperationsPerRound / operations);
        var rounds = new long[Rounds];
        _ = Round(call, calls);
        for (var round = 0; round < rounds.Length; round++)
        {
            rounds[round] = Round(call, calls);
        }

        Array.Sort(rounds);
        var counted = (long)calls * operations;
        return (rounds[Rounds / 2] + counted - 1) / counted;
    }

    private static long Round(Func<int> call, int calls)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < calls; i++)
        {
            _ = call();
        }

        return GC.GetAllocatedBytesForCurrentThread() - before;
    }
}
