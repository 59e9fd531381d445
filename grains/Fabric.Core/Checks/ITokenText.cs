using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Fabric.Core.Checks;

/// <summary>
/// How the characters of a presented token are read as bytes, sixteen or sixty-four at once. What is not Latin-1 reads as 0xFF, which stands in
/// no token: bytes are equal exactly where characters are.
/// </summary>
internal interface ITokenText<TChar>
    where TChar : unmanaged
{
    static abstract Vector512<byte> Load64(ref TChar text, nuint at);

    static abstract Vector128<byte> Load16(ref TChar text, nuint at);
}

/// <summary>A token as it stands on the wire.</summary>
internal readonly struct Utf8Text : ITokenText<byte>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> Load64(ref byte text, nuint at) => Vector512.LoadUnsafe(ref text, at);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> Load16(ref byte text, nuint at) => Vector128.LoadUnsafe(ref text, at);
}

/// <summary>A token in a string.</summary>
internal readonly struct Utf16Text : ITokenText<char>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> Load64(ref char text, nuint at)
    {
        ref var units = ref Unsafe.As<char, ushort>(ref text);
        return Vector512.NarrowWithSaturation(Vector512.LoadUnsafe(ref units, at), Vector512.LoadUnsafe(ref units, at + 32));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> Load16(ref char text, nuint at)
    {
        ref var units = ref Unsafe.As<char, ushort>(ref text);
        return Vector128.NarrowWithSaturation(Vector128.LoadUnsafe(ref units, at), Vector128.LoadUnsafe(ref units, at + 8));
    }
}
