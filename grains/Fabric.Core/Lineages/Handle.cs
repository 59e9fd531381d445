using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Fabric.Core.Lineages;

/// <summary>
/// The 128-bit name of a lineage node in the revocation index and on the enforcement feed. Derived from the node's name under the fabric's
/// secret salt (<see cref="HandleSpace"/>), so that a feed does not tell who was revoked (T1).
/// </summary>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct Handle(ulong High, ulong Low)
{
    /// <summary>Bytes of a handle on the wire, big-endian.</summary>
    public const int Size = 16;

    /// <summary>Whether this is the all-zero handle, which no node has.</summary>
    public bool IsZero => (High | Low) == 0;

    /// <summary>Reads a handle from <see cref="Size"/> big-endian bytes.</summary>
    public static Handle Read(ReadOnlySpan<byte> source) =>
        new(BinaryPrimitives.ReadUInt64BigEndian(source), BinaryPrimitives.ReadUInt64BigEndian(source[8..]));

    /// <summary>Writes <see cref="Size"/> big-endian bytes.</summary>
    public void Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt64BigEndian(destination, High);
        BinaryPrimitives.WriteUInt64BigEndian(destination[8..], Low);
    }

    /// <summary>32 lower-case hex digits.</summary>
    public override string ToString() => $"{High:x16}{Low:x16}";
}
