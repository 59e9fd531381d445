using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Fabric.Engine.Commands;

/// <summary>128 random bits: what names a run, an index or a request that nobody else may meet by chance.</summary>
internal static class RandomId
{
    internal static UInt128 Next() => BinaryPrimitives.ReadUInt128BigEndian(RandomNumberGenerator.GetBytes(16));
}
