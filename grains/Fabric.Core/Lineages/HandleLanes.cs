using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Fabric.Core.Lineages;

/// <summary>
/// SHA-256 of eight short inputs at once, one a vector lane: a list of leaked credentials needs a hash for each, and one call of the platform's
/// SHA-256 costs ten times its share of these. Each input is a single block, already padded.
/// </summary>
internal static class HandleLanes
{
    /// <summary>Inputs hashed together.</summary>
    public const int Count = 8;

    /// <summary>32-bit words of an input.</summary>
    public const int BlockWords = 16;

    /// <summary>32-bit words of a digest that are kept: a handle's, and an id's mark.</summary>
    public const int DigestWords = 5;

    private static ReadOnlySpan<uint> Initial =>
        [0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19];

    private static ReadOnlySpan<uint> Rounds =>
    [
        0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
        0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
        0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
        0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
        0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
        0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
        0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
        0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
    ];

    /// <summary>
    /// Hashes eight blocks: word i of lane k is element k of <paramref name="block"/>[i], which is used up. The first <see cref="DigestWords"/> words of
    /// the digests go to <paramref name="digest"/> in the same layout.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)] // vectors that are not compiled whole are calls, one for each operation
    public static void Hash(Span<Vector256<uint>> block, Span<Vector256<uint>> digest)
    {
        var (a, b, c, d) = (Of(0), Of(1), Of(2), Of(3));
        var (e, f, g, h) = (Of(4), Of(5), Of(6), Of(7));
        for (var round = 0; round < Rounds.Length; round++)
        {
            ref var word = ref block[round & 15];
            if (round >= BlockWords)
            {
                var (early, late) = (block[(round + 1) & 15], block[(round + 14) & 15]);
                word += (Rotated(early, 7) ^ Rotated(early, 18) ^ (early >>> 3)) + block[(round + 9) & 15]
                    + (Rotated(late, 17) ^ Rotated(late, 19) ^ (late >>> 10));
            }

            var first = h + (Rotated(e, 6) ^ Rotated(e, 11) ^ Rotated(e, 25)) + (g ^ (e & (f ^ g))) + Vector256.Create(Rounds[round]) + word;
            var second = (Rotated(a, 2) ^ Rotated(a, 13) ^ Rotated(a, 22)) + ((a & b) | (c & (a | b)));
            (h, g, f, e) = (g, f, e, d + first);
            (d, c, b, a) = (c, b, a, first + second);
        }

        (digest[0], digest[1], digest[2], digest[3], digest[4]) = (a + Of(0), b + Of(1), c + Of(2), d + Of(3), e + Of(4));

        static Vector256<uint> Of(int word) => Vector256.Create(Initial[word]);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> Rotated(Vector256<uint> value, int bits) => (value >>> bits) | (value << (32 - bits));
}
