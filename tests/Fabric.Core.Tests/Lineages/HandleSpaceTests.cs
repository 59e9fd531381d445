using System.Security.Cryptography;
using Fabric.Core.Lineages;

namespace Fabric.Core.Tests.Lineages;

public sealed class HandleSpaceTests
{
    private readonly HandleSpace _space = new(new byte[HandleSpace.SaltSize]);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(8)]
    [InlineData(9)]
    [InlineData(1_003)]
    public void Many_handles_are_what_each_would_be_alone(int count)
    {
        var random = new Random(count + 31);
        var salt = new byte[HandleSpace.SaltSize];
        random.NextBytes(salt);
        var handles = new HandleSpace(salt);
        var tenant = handles.OfTenant("acme");
        var ids = new UInt128[count];
        foreach (ref var id in ids.AsSpan())
        {
            id = new UInt128((ulong)random.NextInt64(long.MinValue, long.MaxValue), (ulong)random.NextInt64(long.MinValue, long.MaxValue));
        }

        var together = new Handle[count];
        handles.OfIds(NodeKind.Credential, tenant, ids, together);

        Assert.Equal(ids.Select(id => handles.OfId(NodeKind.Credential, tenant, id)), together);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(29)]
    public void Many_ids_together_say_which_of_them_were_never_made(int count)
    {
        var tenant = _space.OfTenant("acme");
        var ids = Enumerable.Range(1, count).Select(i => _space.Mark(NodeKind.Credential, tenant, (UInt128)i << 32)).ToArray();
        int[] strange = [.. Enumerable.Range(0, count).Where(i => i % 5 == 2)];
        foreach (var i in strange)
        {
            ids[i] ^= 1;
        }

        var (together, unmarked) = (new Handle[count], new List<int>());
        _space.OfIds(NodeKind.Credential, tenant, ids, together, unmarked);
        Assert.Equal(strange, unmarked);
        Assert.Equal(ids.Select(id => _space.OfId(NodeKind.Credential, tenant, id)), together);
    }

    [Fact]
    public void A_handle_is_the_first_half_of_the_hash_of_salt_kind_tenant_and_id()
    {
        var salt = Enumerable.Range(1, HandleSpace.SaltSize).Select(i => (byte)i).ToArray();
        var (tenant, id) = (new Handle(0x1122334455667788, 0x99AABBCCDDEEFF00), new UInt128(0x0123456789ABCDEF, 0xFEDCBA9876543210));
        byte[] input = [.. salt, (byte)NodeKind.Session, .. Convert.FromHexString("112233445566778899AABBCCDDEEFF00"), .. Convert.FromHexString("0123456789ABCDEFFEDCBA9876543210")];
        var handles = new Handle[8];

        new HandleSpace(salt).OfIds(NodeKind.Session, tenant, Enumerable.Repeat(id, 8).ToArray(), handles);

        Assert.All(handles, handle => Assert.Equal(Handle.Read(SHA256.HashData(input)), handle));
    }

    [Fact]
    public void A_marked_id_says_which_fabric_made_it_for_which_kind_and_tenant()
    {
        var (acme, globex) = (_space.OfTenant("acme"), _space.OfTenant("globex"));
        var id = _space.Mark(NodeKind.Credential, acme, new UInt128(0x0123456789abcdef, 0xfedcba9876543210));
        Assert.Equal(id >> 32, new UInt128(0x0123456789abcdef, 0xfedcba9876543210) >> 32);
        Assert.Equal(id, _space.Mark(NodeKind.Credential, acme, id));

        Assert.True(IsMarked(_space, NodeKind.Credential, acme, id));
        Assert.False(IsMarked(_space, NodeKind.Credential, globex, id));
        Assert.False(IsMarked(_space, NodeKind.Session, acme, id));
        Assert.False(IsMarked(new HandleSpace([.. new byte[HandleSpace.SaltSize - 1], 1]), NodeKind.Credential, acme, id));
        Assert.False(IsMarked(_space, NodeKind.Credential, acme, id ^ 1));
        Assert.False(IsMarked(_space, NodeKind.Credential, acme, id ^ ((UInt128)1 << 64)));
    }

    [Fact]
    public void No_two_ids_share_a_handle_and_an_id_without_a_mark_has_the_one_it_always_had()
    {
        var tenant = _space.OfTenant("acme");
        var id = _space.Mark(NodeKind.Credential, tenant, 7);
        UInt128[] ids = [id, id ^ 1, id ^ 2, id + ((UInt128)1 << 32)];
        Assert.Equal(ids.Length, ids.Select(each => _space.OfId(NodeKind.Credential, tenant, each)).Distinct().Count());

        // As journals and tokens of before marks hold it: SHA-256 of salt, kind, tenant's handle and the whole id.
        var input = new byte[HandleSpace.SaltSize + 1 + Handle.Size + 16];
        input[HandleSpace.SaltSize] = (byte)NodeKind.Credential;
        tenant.Write(input.AsSpan(HandleSpace.SaltSize + 1));
        System.Buffers.Binary.BinaryPrimitives.WriteUInt128BigEndian(input.AsSpan(HandleSpace.SaltSize + 1 + Handle.Size), id ^ 1);
        Assert.Equal(Handle.Read(System.Security.Cryptography.SHA256.HashData(input)), _space.OfId(NodeKind.Credential, tenant, id ^ 1));
    }

    [Fact]
    [Trait("Invariant", "R5")]
    public void A_made_up_id_does_not_hit_the_real_one_whose_mark_it_lacks()
    {
        var tenant = _space.OfTenant("acme");
        UInt128[] real = [.. Enumerable.Range(1, 9).Select(i => _space.Mark(NodeKind.Credential, tenant, (UInt128)i << 32))];
        UInt128[] bare = [.. real.Select(id => id >> 32 << 32)];
        var (handles, strange) = (new Handle[bare.Length], new List<int>());
        _space.OfIds(NodeKind.Credential, tenant, bare, handles, strange);

        Assert.Equal(bare.Length, strange.Count);
        Assert.Equal(bare.Select(id => _space.OfId(NodeKind.Credential, tenant, id)), handles);
        Assert.Empty(handles.Intersect(real.Select(id => _space.OfId(NodeKind.Credential, tenant, id))));
    }

    private static bool IsMarked(HandleSpace space, NodeKind kind, Handle tenant, UInt128 id)
    {
        space.OfId(kind, tenant, id, out var isMarked);
        return isMarked;
    }
}
