using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Fabric.Embedded.Storage;

/// <summary>Reads a row of table `batch` back: the same bytes that <see cref="JournalBatch"/> wrote and hashed.</summary>
internal static class JournalRow
{
    /// <summary>Null when the row follows on <paramref name="previousLast"/> and its hash is right, or what is wrong with it.</summary>
    public static string? Verify(
        ulong previousLast, ReadOnlySpan<byte> previousHash, ulong first, ulong last, ReadOnlySpan<byte> hash, ReadOnlySpan<byte> data)
    {
        if (first != previousLast + 1)
        {
            return $"gap: sequence {previousLast + 1} is missing, the next row starts at {first}";
        }

        if (last < first)
        {
            return "the row ends before it starts";
        }

        Span<byte> header = stackalloc byte[JournalBatch.HeaderSize];
        previousHash.CopyTo(header);
        BinaryPrimitives.WriteUInt64LittleEndian(header[16..], first);
        BinaryPrimitives.WriteUInt64LittleEndian(header[24..], last);
        Span<byte> full = stackalloc byte[SHA256.HashSizeInBytes];
        using (var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256))
        {
            sha.AppendData(header);
            sha.AppendData(data);
            sha.GetHashAndReset(full);
        }

        if (!hash.SequenceEqual(full[..JournalBatch.HashSize]))
        {
            return "the hash does not match: the row, or the one before it, was changed";
        }

        // A row without data stands for records that were lost and given up (JournalRepair.SkipTo).
        return data.IsEmpty || CountRecords(data) == last - first + 1 ? null : "the row holds another number of records than it states";
    }

    /// <summary>Hands out the records with a sequence number above <paramref name="after"/>.</summary>
    public static void Deliver(ulong first, ReadOnlySpan<byte> data, ulong after, JournalVisitor visitor)
    {
        for (var sequence = first; !data.IsEmpty; sequence++)
        {
            var length = BinaryPrimitives.ReadInt32LittleEndian(data);
            if (sequence > after)
            {
                visitor(sequence, data.Slice(JournalBatch.LengthSize, length));
            }

            data = data[(JournalBatch.LengthSize + length)..];
        }
    }

    private static ulong? CountRecords(ReadOnlySpan<byte> data)
    {
        ulong count = 0;
        while (!data.IsEmpty)
        {
            if (data.Length < JournalBatch.LengthSize)
            {
                return null;
            }

            var length = BinaryPrimitives.ReadInt32LittleEndian(data);
            if (length < 0 || length > data.Length - JournalBatch.LengthSize)
            {
                return null;
            }

            data = data[(JournalBatch.LengthSize + length)..];
            count++;
        }

        return count;
    }
}
