using System.Buffers.Binary;
using System.Text;
using Fabric.Core.Common;
using Fabric.Core.Lineages;
using Fabric.Core.Scopes;

namespace Fabric.Core.Journal;

/// <summary>
/// Reads what <see cref="RecordWriter"/> wrote. Throws <see cref="InvalidRecordException"/> on anything else: records are checksummed
/// before they get here, so a bad one is a bug or a newer format.
/// </summary>
public ref struct RecordReader(ReadOnlySpan<byte> source)
{
    private ReadOnlySpan<byte> _rest = source;

    /// <summary>Whether all is read.</summary>
    public readonly bool AtEnd => _rest.IsEmpty;

    /// <summary>One byte.</summary>
    public byte Byte() => Take(1)[0];

    /// <summary>A truth value.</summary>
    public bool Bool() => Byte() != 0;

    /// <summary>An unsigned integer.</summary>
    public ulong Number()
    {
        ulong value = 0;
        for (var shift = 0; shift < 64; shift += 7)
        {
            var b = Byte();
            value |= (ulong)(b & 0x7F) << shift;
            if (b < 0x80)
            {
                return value;
            }
        }

        throw new InvalidRecordException("an integer is longer than ten bytes");
    }

    /// <summary>A signed integer.</summary>
    public long Long() => (long)Number();

    /// <summary>A count that an int holds.</summary>
    public int Count()
    {
        var value = Number();
        return value <= int.MaxValue ? (int)value : throw new InvalidRecordException("a count is too large");
    }

    /// <summary>A moment.</summary>
    public Instant Moment() => new(Long());

    /// <summary>A text or null.</summary>
    public string? TextOrNull()
    {
        var length = Count();
        return length == 0 ? null : Encoding.UTF8.GetString(Take(length - 1));
    }

    /// <summary>A text.</summary>
    public string Text() => TextOrNull() ?? throw new InvalidRecordException("a text is missing");

    /// <summary>Length-prefixed bytes.</summary>
    public ReadOnlySpan<byte> Bytes() => Take(Count());

    /// <summary>A 128-bit id.</summary>
    public UInt128 Id() => BinaryPrimitives.ReadUInt128BigEndian(Take(16));

    /// <summary>A handle.</summary>
    public Handle Handle() => Lineages.Handle.Read(Take(Lineages.Handle.Size));

    /// <summary>A node by name.</summary>
    public NodeRef Node()
    {
        var kind = (NodeKind)Byte();
        var tenant = Text();
        var id = Text();
        return new NodeRef(kind, tenant, kind == NodeKind.Tenant ? tenant : id);
    }

    /// <summary>A scope set.</summary>
    public ScopeSet Scopes() => ScopeSet.TryRead(Bytes(), out _) ?? throw new InvalidRecordException("a scope set is not readable");

    /// <summary>A lineage.</summary>
    public Lineage Lineage() => Lineages.Lineage.TryRead(Bytes()) ?? throw new InvalidRecordException("a lineage is not readable");

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count < 0 || count > _rest.Length)
        {
            throw new InvalidRecordException("a record ends early");
        }

        var taken = _rest[..count];
        _rest = _rest[count..];
        return taken;
    }
}
