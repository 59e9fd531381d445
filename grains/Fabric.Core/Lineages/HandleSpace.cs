using System.Security.Cryptography;
using System.Text;

namespace Fabric.Core.Lineages;

/// <summary>
/// Derives handles: the first 128 bits of SHA-256 over salt, kind and length-prefixed names. Salted, so that a reader of the feed
/// cannot look names up in a dictionary (T1); deterministic, so that an id that is not known yet can be revoked (R1's race with issuance).
/// </summary>
public sealed class HandleSpace
{
    /// <summary>Bytes of the salt.</summary>
    public const int SaltSize = 16;

    private readonly byte[] _salt;

    /// <summary>A space under a salt of <see cref="SaltSize"/> bytes, one for the life of a fabric.</summary>
    public HandleSpace(ReadOnlySpan<byte> salt)
    {
        if (salt.Length != SaltSize)
        {
            throw new ArgumentException($"the salt has {SaltSize} bytes", nameof(salt));
        }

        _salt = salt.ToArray();
    }

    /// <summary>The handle of a node.</summary>
    public Handle Of(NodeRef node) => Of(node.Kind, node.Tenant, node.Kind == NodeKind.Tenant ? "" : node.Id);

    /// <summary>The handle of a tenant.</summary>
    public Handle OfTenant(string tenant) => Of(NodeKind.Tenant, tenant, "");

    /// <summary>The handle of a user of a tenant.</summary>
    public Handle OfUser(string tenant, string user) => Of(NodeKind.User, tenant, user);

    /// <summary>The handle of an agent of a tenant.</summary>
    public Handle OfAgent(string tenant, string agent) => Of(NodeKind.Agent, tenant, agent);

    /// <summary>
    /// The handle of a node that is named by a 128-bit id (session, credential, trust grant). One SHA-256 block, since lists of
    /// leaked credentials run to millions. The tenant's handle is part of it: no tenant can name another's node (T1).
    /// </summary>
    public Handle OfId(NodeKind kind, Handle tenant, UInt128 id)
    {
        Span<byte> input = stackalloc byte[SaltSize + 1 + Handle.Size + 16];
        _salt.CopyTo(input);
        input[SaltSize] = (byte)kind;
        tenant.Write(input[(SaltSize + 1)..]);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt128BigEndian(input[(SaltSize + 1 + Handle.Size)..], id);
        return Hash(input);
    }

    /// <summary>The handle of a quota of a session or credential: its scope entry's number, and whether it is the rate.</summary>
    public Handle OfQuota(Handle owner, int entry, bool rate)
    {
        Span<byte> input = stackalloc byte[SaltSize + 1 + Handle.Size + 5];
        _salt.CopyTo(input);
        input[SaltSize] = (byte)'q';
        owner.Write(input[(SaltSize + 1)..]);
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(input[(SaltSize + 1 + Handle.Size)..], entry);
        input[^1] = rate ? (byte)1 : (byte)0;
        return Hash(input);
    }

    private Handle Of(NodeKind kind, string tenant, string id)
    {
        if (kind is NodeKind.Session or NodeKind.Credential or NodeKind.Trust)
        {
            return OfId(kind, OfTenant(tenant), UInt128.Parse(id, System.Globalization.NumberStyles.HexNumber, System.Globalization.CultureInfo.InvariantCulture));
        }

        var tenantBytes = Encoding.UTF8.GetByteCount(tenant);
        Span<byte> input = stackalloc byte[SaltSize + 3 + tenantBytes + Encoding.UTF8.GetByteCount(id)];
        _salt.CopyTo(input);
        input[SaltSize] = (byte)kind;
        System.Buffers.Binary.BinaryPrimitives.WriteUInt16BigEndian(input[(SaltSize + 1)..], (ushort)tenantBytes);
        Encoding.UTF8.GetBytes(tenant, input[(SaltSize + 3)..]);
        Encoding.UTF8.GetBytes(id, input[(SaltSize + 3 + tenantBytes)..]);
        return Hash(input);
    }

    private static Handle Hash(ReadOnlySpan<byte> input)
    {
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(input, digest);
        return Handle.Read(digest);
    }
}
