using System.Buffers.Binary;
using Fabric.Core.Lineages;

namespace Fabric.Grains.Storage;

/// <summary>128-bit ids and handles as PostgreSQL's uuid, in the same order.</summary>
internal static class Uuid
{
    internal static Guid Of(UInt128 id)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, id);
        return new Guid(bytes, bigEndian: true);
    }

    internal static Guid Of(Handle handle) => Of(new UInt128(handle.High, handle.Low));

    /// <summary>The id; null for none.</summary>
    internal static Guid? OrNull(UInt128 id) => id == UInt128.Zero ? null : Of(id);

    internal static UInt128 Read(Guid uuid)
    {
        Span<byte> bytes = stackalloc byte[16];
        uuid.TryWriteBytes(bytes, bigEndian: true, out _);
        return BinaryPrimitives.ReadUInt128BigEndian(bytes);
    }
}
