using System.Buffers.Binary;
using System.Text;
using System.Text.Unicode;
using Fabric.Core.Lineages;

namespace Fabric.Contracts.Feed;

/// <summary>
/// Reads a frame's payload, numbers big-endian. A failure sticks and reads answer zeros from then on, so that a frame is read in one
/// straight line and judged once, by <see cref="IsWhole"/>. Never throws, whatever the bytes.
/// </summary>
public ref struct FrameReader(ReadOnlySpan<byte> payload)
{
    private ReadOnlySpan<byte> _rest = payload;

    /// <summary>Whether a read ran past the end or met something not allowed.</summary>
    public bool Failed { get; private set; }

    /// <summary>Whether everything was read, nothing failed and nothing is left over.</summary>
    public readonly bool IsWhole => !Failed && _rest.IsEmpty;

    /// <summary>What was not read yet.</summary>
    public readonly ReadOnlySpan<byte> Rest => _rest;

    /// <summary>Marks the frame as malformed.</summary>
    public void Fail()
    {
        Failed = true;
        _rest = default;
    }

    /// <summary>One byte.</summary>
    public byte U8()
    {
        var taken = Take(1);
        return taken.IsEmpty ? (byte)0 : taken[0];
    }

    /// <summary>A byte that is 0 or 1.</summary>
    public bool Flag()
    {
        var value = U8();
        if (value > 1)
        {
            Fail();
        }

        return value == 1;
    }

    /// <summary>Two bytes.</summary>
    public ushort U16()
    {
        var taken = Take(2);
        return taken.IsEmpty ? (ushort)0 : BinaryPrimitives.ReadUInt16BigEndian(taken);
    }

    /// <summary>Four bytes.</summary>
    public uint U32()
    {
        var taken = Take(4);
        return taken.IsEmpty ? 0 : BinaryPrimitives.ReadUInt32BigEndian(taken);
    }

    /// <summary>Eight bytes.</summary>
    public ulong U64()
    {
        var taken = Take(8);
        return taken.IsEmpty ? 0 : BinaryPrimitives.ReadUInt64BigEndian(taken);
    }

    /// <summary>Sixteen bytes.</summary>
    public UInt128 U128()
    {
        var taken = Take(16);
        return taken.IsEmpty ? 0 : BinaryPrimitives.ReadUInt128BigEndian(taken);
    }

    /// <summary>Eight bytes that are a number from 0 up.</summary>
    public long Count()
    {
        var value = (long)U64();
        if (value < 0)
        {
            Fail();
        }

        return Failed ? 0 : value;
    }

    /// <summary>Eight bytes, signed.</summary>
    public long I64() => (long)U64();

    /// <summary>Sixteen bytes that name a node; the all-zero handle is not allowed.</summary>
    public Handle Handle()
    {
        var taken = Take(Core.Lineages.Handle.Size);
        var handle = taken.IsEmpty ? default : Core.Lineages.Handle.Read(taken);
        if (handle.IsZero)
        {
            Fail();
        }

        return handle;
    }

    /// <summary>Two bytes of length, then that many bytes of UTF-8, at most <paramref name="bytesMax"/>.</summary>
    public string Text(int bytesMax)
    {
        var length = U16();
        if (length > bytesMax)
        {
            Fail();
            return "";
        }

        var taken = Take(length);
        if (!Utf8.IsValid(taken))
        {
            Fail();
            return "";
        }

        return taken.IsEmpty ? "" : Encoding.UTF8.GetString(taken);
    }

    /// <summary>A text that may be left out: an empty one is null.</summary>
    public string? OptionalText(int bytesMax)
    {
        var text = Text(bytesMax);
        return text.Length == 0 ? null : text;
    }

    /// <summary>A text that has at least one character.</summary>
    public string Name(int bytesMax = FeedLimits.NameBytesMax)
    {
        var text = Text(bytesMax);
        if (text.Length == 0)
        {
            Fail();
        }

        return text;
    }

    /// <summary>The next <paramref name="count"/> bytes; empty after a failure.</summary>
    public ReadOnlySpan<byte> Take(int count)
    {
        if (Failed || count < 0 || _rest.Length < count)
        {
            Fail();
            return default;
        }

        var taken = _rest[..count];
        _rest = _rest[count..];
        return taken;
    }

    /// <summary>All that is left.</summary>
    public ReadOnlySpan<byte> TakeRest() => Take(_rest.Length);
}
