using System.Buffers.Binary;
using System.Numerics;

namespace Fabric.Embedded.Storage;

/// <summary>CRC-32C over a key and a value: finds the bits that a disk turned. Against intent the journal has its hash chain.</summary>
internal static class Checksum
{
    public const int Size = sizeof(uint);

    public static uint Of(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value) => Add(Add(uint.MaxValue, key) ^ (uint)key.Length, value);

    /// <summary>The value behind its checksum, or false when it does not match.</summary>
    public static bool TryOpen(ReadOnlySpan<byte> key, ReadOnlySpan<byte> stored, out ReadOnlySpan<byte> value)
    {
        value = stored.Length < Size ? default : stored[Size..];
        return stored.Length >= Size && BinaryPrimitives.ReadUInt32LittleEndian(stored) == Of(key, value);
    }

    /// <summary>Writes checksum and value; <paramref name="stored"/> has the value's length and <see cref="Size"/> more.</summary>
    public static void Seal(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, Span<byte> stored)
    {
        value.CopyTo(stored[Size..]);
        BinaryPrimitives.WriteUInt32LittleEndian(stored, Of(key, value));
    }

    private static uint Add(uint crc, ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length >= sizeof(ulong))
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            bytes = bytes[sizeof(ulong)..];
        }

        foreach (var b in bytes)
        {
            crc = BitOperations.Crc32C(crc, b);
        }

        return crc;
    }
}
