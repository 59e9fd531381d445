using System.Security.Cryptography;
using Fabric.Core.Lineages;

namespace Fabric.Core.Tests.Lineages;

public sealed class HandleSpaceTests
{
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
}
