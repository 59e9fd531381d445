using System.Buffers.Binary;
using System.Text;

namespace Fabric.Silo.Tests.Signals;

/// <summary>Reads CBOR (RFC 8949) into plain values: written apart from what writes it.</summary>
internal static class CborValue
{
    public static object Read(ReadOnlySpan<byte> bytes)
    {
        var value = Next(ref bytes);
        Assert.True(bytes.IsEmpty, "bytes are left over");
        return value;
    }

    private static object Next(ref ReadOnlySpan<byte> bytes)
    {
        var (major, value) = (bytes[0] >> 5, Argument(ref bytes));
        switch (major)
        {
            case 0: return (long)value;
            case 1: return -1 - (long)value;
            case 2: return Take(ref bytes, value);
            case 3: return Encoding.UTF8.GetString(Take(ref bytes, value));
            case 4:
                var list = new List<object>();
                for (var i = 0UL; i < value; i++)
                {
                    list.Add(Next(ref bytes));
                }
                return list;
            case 5:
                var map = new Dictionary<object, object>();
                for (var i = 0UL; i < value; i++)
                {
                    var key = Next(ref bytes);
                    map.Add(key, Next(ref bytes));
                }
                return map;
            case 6: return ((long)value, Next(ref bytes));
            default: throw new InvalidDataException("a simple value or a float");
        }
    }

    private static ulong Argument(ref ReadOnlySpan<byte> bytes)
    {
        var kind = bytes[0] & 31;
        bytes = bytes[1..];
        return kind switch
        {
            < 24 => (ulong)kind,
            24 => Take(ref bytes, 1)[0],
            25 => BinaryPrimitives.ReadUInt16BigEndian(Take(ref bytes, 2)),
            26 => BinaryPrimitives.ReadUInt32BigEndian(Take(ref bytes, 4)),
            27 => BinaryPrimitives.ReadUInt64BigEndian(Take(ref bytes, 8)),
            _ => throw new InvalidDataException("an indefinite length"),
        };
    }

    private static byte[] Take(ref ReadOnlySpan<byte> bytes, ulong count)
    {
        var taken = bytes[..(int)count].ToArray();
        bytes = bytes[(int)count..];
        return taken;
    }
}
