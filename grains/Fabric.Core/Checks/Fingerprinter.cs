using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using System.Security.Cryptography;
using Fabric.Core.Tokens;

namespace Fabric.Core.Checks;

/// <summary>
/// Stands for comparing a presented token with a verified one, character by character, without keeping and reading the verified one: a universal
/// hash of every character under a secret key of this process. Comparing the bytes of 100,000 tokens at random costs more memory traffic than
/// all the rest of a check together.
/// </summary>
/// <remarks>
/// For two different texts of one length, chosen without knowing the key, the chance of equal fingerprints is at most 2^-128: that of guessing an
/// ES256 signature. The text is cut into pairs of 64-bit words (m0, m1), and each pair has its own key words (k0, k1). The first sum adds up the
/// products (m0 ^ k0)(m1 ^ k1) of binary polynomials; without a carry-less multiplication, (m0 + k0)(m1 + k1) of integers. Where two texts
/// differ in a pair, at most one value of a key word in 2^64 makes their sums equal. The second sum has the key moved on by one pair, which makes
/// it as good as independent of the first (a Toeplitz construction). This is the NH hash of UMAC (RFC 4418) with 64-bit words.
/// Neither the key nor a fingerprint ever leaves the process.
/// </remarks>
internal sealed class Fingerprinter
{
    /// <summary>The most bytes of a token that has a fingerprint.</summary>
    public const int TokenBytesMax = TokenReader.LengthMax;

    /// <summary>The fewest bytes: a signature alone has more.</summary>
    public const int TokenBytesMin = 64;

    /// <summary>Bytes of the secret that the key is made from.</summary>
    public const int SecretSize = 32;

    private const int Block = 64;

    // One key byte a token byte, a block of its own for the overlapping end, and one pair more for the second sum.
    private readonly ulong[] _key = new ulong[(TokenBytesMax + Block + 16) / sizeof(ulong)];
    private readonly bool _carryless;
    private readonly bool _wide;

    /// <param name="secret"><see cref="SecretSize"/> random bytes.</param>
    /// <param name="carryless">Whether to use the processor's carry-less multiplication, if it has one.</param>
    /// <param name="wide">Whether to multiply four pairs at once, if the processor can.</param>
    public Fingerprinter(ReadOnlySpan<byte> secret, bool carryless = true, bool wide = true)
    {
        if (secret.Length != SecretSize)
        {
            throw new ArgumentException($"the secret has {SecretSize} bytes", nameof(secret));
        }

        _carryless = carryless && Pclmulqdq.IsSupported;
        _wide = wide && _carryless && Pclmulqdq.V512.IsSupported && Vector512.IsHardwareAccelerated;
        var key = MemoryMarshal.AsBytes(_key.AsSpan());
        Span<byte> counter = stackalloc byte[sizeof(int)];
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        for (var at = 0; at < key.Length; at += digest.Length)
        {
            BinaryPrimitives.WriteInt32BigEndian(counter, at);
            HMACSHA256.HashData(secret, counter, digest);
            digest[..Math.Min(digest.Length, key.Length - at)].CopyTo(key[at..]);
        }
    }

    /// <summary>Whether a text of this length has a fingerprint.</summary>
    public static bool Covers(int length) => (uint)(length - TokenBytesMin) <= TokenBytesMax - TokenBytesMin;

    /// <summary>
    /// A hash of the signature's last characters, which are uniform over verified tokens. It only places them in a table.
    /// The text is one that <see cref="Covers"/>.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Place<TChar, TText>(ref TChar text, int length)
        where TChar : unmanaged
        where TText : ITokenText<TChar>
    {
        // Without the very last ones: the last character holds two bits only.
        var tail = TText.Load16(ref text, (nuint)length - 24).AsUInt64();
        var mixed = (tail.GetElement(0) * 0x9E3779B97F4A7C15) ^ BitOperations.RotateLeft(tail.GetElement(1) * 0xC2B2AE3D27D4EB4F, 31);
        mixed *= 0x9E3779B97F4A7C15;
        return mixed ^ (mixed >> 29);
    }

    /// <summary>The fingerprint of a text that <see cref="Covers"/>.</summary>
    public Fingerprint Of<TChar, TText>(ref TChar text, int length)
        where TChar : unmanaged
        where TText : ITokenText<TChar> =>
        _wide ? Wide<TChar, TText>(ref text, length) : _carryless ? Narrow<TChar, TText>(ref text, length) : Portable<TChar, TText>(ref text, length);

    // Four pairs at once. The last block overlaps the one before it, under key words of its own: nothing is read past the end. Compiled well at its first
    // call, and by itself: as a part of its callers it would use up what the compiler grants for them, and each multiplication would become a call.
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private Fingerprint Wide<TChar, TText>(ref TChar text, int length)
        where TChar : unmanaged
        where TText : ITokenText<TChar>
    {
        ref var key = ref MemoryMarshal.GetArrayDataReference(_key);
        var (first, second) = (Vector512<long>.Zero, Vector512<long>.Zero);
        nuint at = 0;
        for (; at + Block <= (nuint)length; at += Block)
        {
            Multiply(TText.Load64(ref text, at), ref key, at / sizeof(ulong), ref first, ref second);
        }

        Multiply(TText.Load64(ref text, (nuint)length - Block), ref key, at / sizeof(ulong), ref first, ref second);
        return Of(Fold(first), Fold(second), length);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        static void Multiply(Vector512<byte> block, ref ulong key, nuint at, ref Vector512<long> first, ref Vector512<long> second)
        {
            var a = block.AsInt64() ^ Vector512.LoadUnsafe(ref key, at).AsInt64();
            var b = block.AsInt64() ^ Vector512.LoadUnsafe(ref key, at + 2).AsInt64();
            first ^= Pclmulqdq.V512.CarrylessMultiply(a, a, 0x10);
            second ^= Pclmulqdq.V512.CarrylessMultiply(b, b, 0x10);
        }

        static Vector128<long> Fold(Vector512<long> sums)
        {
            var half = sums.GetLower() ^ sums.GetUpper();
            return half.GetLower() ^ half.GetUpper();
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private Fingerprint Narrow<TChar, TText>(ref TChar text, int length)
        where TChar : unmanaged
        where TText : ITokenText<TChar>
    {
        ref var key = ref MemoryMarshal.GetArrayDataReference(_key);
        var (first, second) = (Vector128<long>.Zero, Vector128<long>.Zero);
        for (nuint at = 0; at < (nuint)length; at += 16)
        {
            // The last pair overlaps the one before it, under key words of its own.
            var pair = TText.Load16(ref text, Math.Min(at, (nuint)length - 16)).AsInt64();
            var a = pair ^ Vector128.LoadUnsafe(ref key, at / sizeof(ulong)).AsInt64();
            var b = pair ^ Vector128.LoadUnsafe(ref key, (at / sizeof(ulong)) + 2).AsInt64();
            first ^= Pclmulqdq.CarrylessMultiply(a, a, 0x10);
            second ^= Pclmulqdq.CarrylessMultiply(b, b, 0x10);
        }

        return Of(first, second, length);
    }

    private Fingerprint Portable<TChar, TText>(ref TChar text, int length)
        where TChar : unmanaged
        where TText : ITokenText<TChar>
    {
        var (first, second) = (UInt128.Zero, UInt128.Zero);
        for (nuint at = 0; at < (nuint)length; at += 16)
        {
            var pair = TText.Load16(ref text, Math.Min(at, (nuint)length - 16)).AsUInt64();
            var key = _key.AsSpan((int)(at / sizeof(ulong)), 4);
            first += Product(pair.GetElement(0) + key[0], pair.GetElement(1) + key[1]);
            second += Product(pair.GetElement(0) + key[2], pair.GetElement(1) + key[3]);
        }

        return new Fingerprint((ulong)first, (ulong)(first >> 64), (ulong)second, (ulong)(second >> 64), length);

        static UInt128 Product(ulong a, ulong b)
        {
            var high = Math.BigMul(a, b, out var low);
            return new UInt128(high, low);
        }
    }

    private static Fingerprint Of(Vector128<long> first, Vector128<long> second, int length) =>
        new((ulong)first.GetElement(0), (ulong)first.GetElement(1), (ulong)second.GetElement(0), (ulong)second.GetElement(1), length);
}
