using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Fabric.Embedded.Storage;

/// <summary>
/// Records that share one commit, laid out as they are hashed: previous hash (16), first and last sequence (8 + 8, little-endian),
/// then each record behind its length (4). What follows the 32 bytes is the row's data.
/// </summary>
internal sealed class JournalBatch
{
    public const int HashSize = 16;
    public const int HeaderSize = 32;
    public const int LengthSize = 4;

    private byte[] _buffer = new byte[16 << 10];
    private int _length = HeaderSize;

    public ulong First { get; private set; }

    public ulong Last { get; private set; }

    public int Records { get; private set; }

    /// <summary>Holds a record that waits for no company: a revocation, a lock.</summary>
    public bool IsUrgent { get; set; }

    public int Bytes => _length;

    public ReadOnlySpan<byte> Data => _buffer.AsSpan(HeaderSize.._length);

    /// <summary>One for all records of the batch. Continuations never run on the committer's thread.</summary>
    public TaskCompletionSource<bool> Completion { get; private set; } = NewCompletion();

    /// <summary>A row without data that stands for records which are lost: the chain goes over it.</summary>
    public static JournalBatch Lost(ulong first, ulong last) => new() { First = first, Last = last };

    public void Begin(ulong first)
    {
        First = first;
        Last = first - 1;
        Records = 0;
        IsUrgent = false;
        _length = HeaderSize;
        if (Completion.Task.IsCompleted)
        {
            Completion = NewCompletion();
        }
    }

    public void Add(ReadOnlySpan<byte> record)
    {
        var end = _length + LengthSize + record.Length;
        if (end > _buffer.Length)
        {
            Array.Resize(ref _buffer, Math.Max(end, _buffer.Length * 2));
        }

        BinaryPrimitives.WriteInt32LittleEndian(_buffer.AsSpan(_length), record.Length);
        record.CopyTo(_buffer.AsSpan(_length + LengthSize));
        _length = end;
        Last++;
        Records++;
    }

    /// <summary>The row's hash, which the next row's hash takes in: a row cannot change, vanish or move without a mismatch.</summary>
    public void Hash(ReadOnlySpan<byte> previous, Span<byte> hash)
    {
        previous.CopyTo(_buffer);
        BinaryPrimitives.WriteUInt64LittleEndian(_buffer.AsSpan(16), First);
        BinaryPrimitives.WriteUInt64LittleEndian(_buffer.AsSpan(24), Last);
        Span<byte> full = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(_buffer.AsSpan(0, _length), full);
        full[..HashSize].CopyTo(hash);
    }

    private static TaskCompletionSource<bool> NewCompletion() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
