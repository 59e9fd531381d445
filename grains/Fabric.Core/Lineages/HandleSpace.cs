using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
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

    // No kind of node has this bit.
    private const NodeKind UnmarkedBare = (NodeKind)0x80;

    private const int IdInputSize = SaltSize + 1 + Handle.Size + 16;

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
    public Handle OfId(NodeKind kind, Handle tenant, UInt128 id) => OfId(kind, tenant, id, out _);

    /// <summary>
    /// The handle of such a node, and whether its id was made by this fabric for this kind of node of this tenant (<see cref="Mark"/>). The handle of a marked id
    /// is that of the id without its mark: one hash for both.
    /// </summary>
    public Handle OfId(NodeKind kind, Handle tenant, UInt128 id, out bool isMarked)
    {
        var handle = HashOf(kind, tenant, Bare(id), out var mark);
        isMarked = mark == (uint)id;
        return isMarked ? handle : OfUnmarked(kind, tenant, id);
    }

    /// <summary>
    /// An id for a node that is about to be made: the lowest 32 bits become a mark that nobody without the salt can make, so that an id tells whether this fabric
    /// ever made it for this tenant, with no list of all ids at hand.
    /// </summary>
    public UInt128 Mark(NodeKind kind, Handle tenant, UInt128 id)
    {
        HashOf(kind, tenant, Bare(id), out var mark);
        return Bare(id) | mark;
    }

    /// <summary>
    /// The handles of many ids of one tenant, each as <see cref="OfId(NodeKind, Handle, UInt128)"/> gives it. <paramref name="unmarked"/> gets the places of the
    /// ids that this fabric never made for it.
    /// </summary>
    public void OfIds(NodeKind kind, Handle tenant, ReadOnlySpan<UInt128> ids, Span<Handle> handles, ICollection<int>? unmarked = null)
    {
        var done = 0;
        if (Vector256.IsHardwareAccelerated)
        {
            Span<Vector256<uint>> input = stackalloc Vector256<uint>[HandleLanes.BlockWords];
            Span<Vector256<uint>> block = stackalloc Vector256<uint>[HandleLanes.BlockWords];
            Span<Vector256<uint>> digest = stackalloc Vector256<uint>[HandleLanes.DigestWords];
            FillShared(input, kind, tenant);
            for (; done + HandleLanes.Count <= ids.Length; done += HandleLanes.Count)
            {
                input.CopyTo(block);
                FillIds(block, ids.Slice(done, HandleLanes.Count));
                HandleLanes.Hash(block, digest);
                TakeHandles(digest, handles.Slice(done, HandleLanes.Count));
                for (var lane = 0; lane < HandleLanes.Count; lane++)
                {
                    if (MarkIn(digest, lane) != (uint)ids[done + lane])
                    {
                        handles[done + lane] = OfUnmarked(kind, tenant, ids[done + lane]);
                        unmarked?.Add(done + lane);
                    }
                }
            }
        }

        for (; done < ids.Length; done++)
        {
            handles[done] = OfId(kind, tenant, ids[done], out var isMarked);
            if (!isMarked)
            {
                unmarked?.Add(done);
            }
        }
    }

    /// <summary>The handle of a quota of a session or credential: its scope entry's number, and whether it is the rate.</summary>
    public Handle OfQuota(Handle owner, int entry, bool rate)
    {
        Span<byte> input = stackalloc byte[SaltSize + 1 + Handle.Size + 5];
        _salt.CopyTo(input);
        input[SaltSize] = (byte)'q';
        owner.Write(input[(SaltSize + 1)..]);
        BinaryPrimitives.WriteInt32BigEndian(input[(SaltSize + 1 + Handle.Size)..], entry);
        input[^1] = rate ? (byte)1 : (byte)0;
        return Hash(input);
    }

    // One block, as SHA-256 pads it: salt, kind, tenant, id, a set bit, zeros, the length in bits. An id begins at byte 33, so across word borders.
    private void FillShared(Span<Vector256<uint>> block, NodeKind kind, Handle tenant)
    {
        Span<byte> bytes = stackalloc byte[HandleLanes.BlockWords * sizeof(uint)];
        bytes.Clear();
        _salt.CopyTo(bytes);
        bytes[SaltSize] = (byte)kind;
        tenant.Write(bytes[(SaltSize + 1)..]);
        bytes[IdInputSize] = 0x80;
        BinaryPrimitives.WriteUInt16BigEndian(bytes[^2..], IdInputSize * 8);
        for (var word = 0; word < block.Length; word++)
        {
            block[word] = Vector256.Create(BinaryPrimitives.ReadUInt32BigEndian(bytes[(word * sizeof(uint))..]));
        }
    }

    private static void FillIds(Span<Vector256<uint>> block, ReadOnlySpan<UInt128> ids)
    {
        var lanes = MemoryMarshal.Cast<Vector256<uint>, uint>(block[8..]);
        for (var lane = 0; lane < ids.Length; lane++)
        {
            var id = Bare(ids[lane]);
            lanes[lane] |= (uint)(id >> 104);
            lanes[lane + (1 * HandleLanes.Count)] = (uint)(id >> 72);
            lanes[lane + (2 * HandleLanes.Count)] = (uint)(id >> 40);
            lanes[lane + (3 * HandleLanes.Count)] = (uint)(id >> 8);
            lanes[lane + (4 * HandleLanes.Count)] |= (uint)id << 24;
        }
    }

    private static void TakeHandles(ReadOnlySpan<Vector256<uint>> digest, Span<Handle> handles)
    {
        var lanes = MemoryMarshal.Cast<Vector256<uint>, uint>(digest);
        for (var lane = 0; lane < handles.Length; lane++)
        {
            handles[lane] = new Handle(
                ((ulong)lanes[lane] << 32) | lanes[lane + HandleLanes.Count],
                ((ulong)lanes[lane + (2 * HandleLanes.Count)] << 32) | lanes[lane + (3 * HandleLanes.Count)]);
        }
    }

    private static uint MarkIn(ReadOnlySpan<Vector256<uint>> digest, int lane) =>
        MemoryMarshal.Cast<Vector256<uint>, uint>(digest)[lane + (4 * HandleLanes.Count)];

    private static UInt128 Bare(UInt128 id) => id & ~(UInt128)uint.MaxValue;

    // INVARIANT R5: without its mark, a real id ends in 32 zeros. Made up like that it is another id, so it is hashed as of another kind: revoking it must not hit the
    // real one. All other unmarked ids keep the handle that they had before there were marks.
    private Handle OfUnmarked(NodeKind kind, Handle tenant, UInt128 id) =>
        HashOf(id == Bare(id) ? kind | UnmarkedBare : kind, tenant, id, out _);

    private Handle HashOf(NodeKind kind, Handle tenant, UInt128 id, out uint mark)
    {
        Span<byte> input = stackalloc byte[IdInputSize];
        _salt.CopyTo(input);
        input[SaltSize] = (byte)kind;
        tenant.Write(input[(SaltSize + 1)..]);
        BinaryPrimitives.WriteUInt128BigEndian(input[(SaltSize + 1 + Handle.Size)..], id);
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(input, digest);
        mark = BinaryPrimitives.ReadUInt32BigEndian(digest[Handle.Size..]);
        return Handle.Read(digest);
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
        BinaryPrimitives.WriteUInt16BigEndian(input[(SaltSize + 1)..], (ushort)tenantBytes);
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
