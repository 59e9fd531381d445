namespace Fabric.Benchmarks.Limits;

/// <summary>Random draws that cost as little as can be (xorshift), the same in every run.</summary>
internal static class Draw
{
    /// <summary>A number from 0 to <paramref name="count"/> - 1; the state, never zero, moves on.</summary>
    public static int Below(ref ulong state, int count)
    {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        return (int)(((state >> 32) * (ulong)count) >> 32);
    }
}
