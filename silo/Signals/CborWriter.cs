using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Fabric.Silo.Signals;

/// <summary>Writes the little of CBOR (RFC 8949) that a CWT needs, in the shortest form: integers, texts, bytes, and the heads of maps, arrays and tags.</summary>
internal sealed class CborWriter
{
    private readonly ArrayBufferWriter<byte> _bytes = new(256);

    public byte[] ToArray() => _bytes.WrittenSpan.ToArray();

    public CborWriter Map(int pairs) => Head(5, (ulong)pairs);

    public CborWriter Array(int items) => Head(4, (ulong)items);

    public CborWriter Tag(ulong tag) => Head(6, tag);

    public CborWriter Integer(long value) => value >= 0 ? Head(0, (ulong)value) : Head(1, (ulong)(-1 - value));

    public CborWriter Bytes(ReadOnlySpan<byte> value)
    {
        Head(2, (ulong)value.Length);
        _bytes.Write(value);
        return this;
    }

    public CborWriter Text(string value)
    {
        Head(3, (ulong)Encoding.UTF8.GetByteCount(value));
        Encoding.UTF8.GetBytes(value, _bytes);
        return this;
    }

    private CborWriter Head(int major, ulong value)
    {
        var first = (byte)(major << 5);
        var span = _bytes.GetSpan(9);
        switch (value)
        {
            case < 24:
                span[0] = (byte)(first | (byte)value);
                _bytes.Advance(1);
                break;
            case <= byte.MaxValue:
                (span[0], span[1]) = ((byte)(first | 24), (byte)value);
                _bytes.Advance(2);
                break;
            case <= ushort.MaxValue:
                span[0] = (byte)(first | 25);
                BinaryPrimitives.WriteUInt16BigEndian(span[1..], (ushort)value);
                _bytes.Advance(3);
                break;
            case <= uint.MaxValue:
                span[0] = (byte)(first | 26);
                BinaryPrimitives.WriteUInt32BigEndian(span[1..], (uint)value);
                _bytes.Advance(5);
                break;
            default:
                span[0] = (byte)(first | 27);
                BinaryPrimitives.WriteUInt64BigEndian(span[1..], value);
                _bytes.Advance(9);
                break;
        }
        return this;
    }
}
