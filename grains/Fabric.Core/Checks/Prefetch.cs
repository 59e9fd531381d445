using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Fabric.Core.Checks;

/// <summary>
/// Tells the processor what will be read soon, so that several waits for memory pass at once. Nothing is read and nothing can fail: a wrong address,
/// or a collection that moves the object meanwhile, costs a line of cache. Where the processor has no such instruction, nothing happens.
/// </summary>
internal static class Prefetch
{
    private const int LineBytes = 64;

    /// <summary>Begins to load <paramref name="bytes"/> bytes from a place in memory on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe void From<T>(ref T start, int bytes)
    {
        if (!Sse.IsSupported)
        {
            return;
        }

        // Not pinned: the address is only a hint.
        var at = (byte*)Unsafe.AsPointer(ref Unsafe.As<T, byte>(ref start));
        for (var offset = 0; offset < bytes; offset += LineBytes)
        {
            Sse.Prefetch0(at + offset);
        }
    }
}
