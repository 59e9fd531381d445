using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using Fabric.Core.Common;
using Fabric.Core.Lineages;
using Fabric.Core.Scopes;

namespace Fabric.Core.Journal;

/// <summary>Writes journal and checkpoint records: LEB128 integers, length-prefixed UTF-8, big-endian ids. Reused between records.</summary>
public sealed class RecordWriter
{
    private readonly ArrayBufferWriter<byte> _buffer = new(512);

    /// <summary>What was written since the last <see cref="Clear"/>.</summary>
    public ReadOnlySpan<byte> Written => _buffer.WrittenSpan;

    /// <summary>What was written, as memory that is valid until the next write or clear.</summary>
    public ReadOnlyMemory<byte> WrittenMemory => _buffer.WrittenMemory;

    /// <summary>Starts over.</summary>
    public void Clear() => _buffer.ResetWrittenCount();

    /// <summary>One byte.</summary>
    public void Byte(byte value)
    {
        _buffer.GetSpan(1)[0] = value;
        _buffer.Advance(1);
    }

    /// <summary>A truth value, one byte.</summary>
    public void Bool(bool value) => Byte(value ? (byte)1 : (byte)0);

    /// <summary>An unsigned integer, LEB128.</summary>
    public void Number(ulong value)
    {
        var span = _buffer.GetSpan(10);
        var at = 0;
        while (value >= 0x80)
        {
            span[at++] = (byte)(value | 0x80);
            value >>= 7;
        }

        span[at++] = (byte)value;
        _buffer.Advance(at);
    }

    /// <summary>A signed integer that is never negative in practice; negative ones take ten bytes.</summary>
    public void Number(long value) => Number((ulong)value);

    /// <summary>A moment.</summary>
    public void Moment(Instant value) => Number((ulong)value.UnixMs);

    /// <summary>A text; null and empty are told apart.</summary>
    public void Text(string? value)
    {
        if (value is null)
        {
            Number(0ul);
            return;
        }

        var length = Encoding.UTF8.GetByteCount(value);
        Number((ulong)length + 1);
        Encoding.UTF8.GetBytes(value, _buffer.GetSpan(length));
        _buffer.Advance(length);
    }

    /// <summary>Length-prefixed bytes.</summary>
    public void Bytes(ReadOnlySpan<byte> value)
    {
        Number((ulong)value.Length);
        _buffer.Write(value);
    }

    /// <summary>A 128-bit id, 16 bytes.</summary>
    public void Id(UInt128 value)
    {
        BinaryPrimitives.WriteUInt128BigEndian(_buffer.GetSpan(16), value);
        _buffer.Advance(16);
    }

    /// <summary>A handle, 16 bytes.</summary>
    public void Handle(Handle value)
    {
        value.Write(_buffer.GetSpan(Lineages.Handle.Size));
        _buffer.Advance(Lineages.Handle.Size);
    }

    /// <summary>A node by name.</summary>
    public void Node(NodeRef node)
    {
        Byte((byte)node.Kind);
        Text(node.Tenant);
        Text(node.Kind == NodeKind.Tenant ? "" : node.Id);
    }

    /// <summary>A scope set.</summary>
    public void Scopes(ScopeSet scopes)
    {
        var inner = new ArrayBufferWriter<byte>(256);
        scopes.Write(inner);
        Bytes(inner.WrittenSpan);
    }

    /// <summary>A lineage.</summary>
    public void Lineage(Lineage lineage)
    {
        var size = lineage.Nodes.Length * LineageNode.Size;
        Number((ulong)size);
        lineage.Write(_buffer.GetSpan(size));
        _buffer.Advance(size);
    }
}
