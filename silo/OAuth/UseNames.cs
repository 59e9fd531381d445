using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Fabric.Silo.OAuth;

/// <summary>Names of what may be used once: 128 bits of a hash, which two different things never share but by chance.</summary>
internal static class UseNames
{
    /// <summary>The name of something of a kind, of an owner, with an id of the owner's choice.</summary>
    public static UInt128 Of(string kind, string owner, string id) =>
        BinaryPrimitives.ReadUInt128BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes($"{kind}\n{owner}\n{id}")));
}
