using System.Security.Cryptography;
using Fabric.Embedded.Keys;
using Fabric.Embedded.Storage;
using Fabric.Embedded.Tests.Fixtures;

namespace Fabric.Embedded.Tests.Keys;

public sealed class KeySealerTests
{
    private static readonly byte[] Secret = [.. Enumerable.Range(7, 32).Select(i => (byte)i)];

    [Fact]
    public void What_was_sealed_opens_with_the_same_texts()
    {
        var sealer = Sealer(1);
        Assert.Equal(Secret, sealer.Open(sealer.Seal(Secret, "signing-key", "acme", "k1"), "signing-key", "acme", "k1"));
        Assert.Empty(sealer.Open(sealer.Seal([], "signing-key", "acme", "k1"), "signing-key", "acme", "k1"));
    }

    [Fact]
    public void The_same_secret_never_looks_the_same_and_never_shows()
    {
        var sealer = Sealer(1);
        var first = sealer.Seal(Secret, "signing-key", "acme", "k1");
        Assert.NotEqual(first, sealer.Seal(Secret, "signing-key", "acme", "k1"));
        Assert.Equal(-1, first.AsSpan().IndexOf(Secret.AsSpan(0, 8)));
    }

    [Theory]
    [InlineData("api-key", "acme", "k1")]
    [InlineData("signing-key", "globex", "k1")]
    [InlineData("signing-key", "acme", "k2")]
    [InlineData("signing-key", "acmek", "1")]
    [InlineData("signing-keya", "cme", "k1")]
    public void Another_purpose_tenant_or_name_does_not_open_it(string purpose, string tenant, string name)
    {
        var sealer = Sealer(1);
        var made = sealer.Seal(Secret, "signing-key", "acme", "k1");
        Assert.ThrowsAny<CryptographicException>(() => sealer.Open(made, purpose, tenant, name));
    }

    [Fact]
    public void Any_changed_or_missing_byte_is_noticed()
    {
        var sealer = Sealer(1);
        var made = sealer.Seal(Secret, "signing-key", "acme", "k1");
        for (var i = 0; i < made.Length; i++)
        {
            var changed = (byte[])made.Clone();
            changed[i] ^= 1;
            Assert.ThrowsAny<CryptographicException>(() => sealer.Open(changed, "signing-key", "acme", "k1"));
            Assert.ThrowsAny<CryptographicException>(() => sealer.Open(made.AsSpan(0, i), "signing-key", "acme", "k1"));
        }
    }

    [Fact]
    public void Another_master_key_opens_nothing_and_shows_in_the_check_value()
    {
        var (one, same, other) = (Sealer(1), Sealer(1), Sealer(2));
        Assert.ThrowsAny<CryptographicException>(() => other.Open(one.Seal(Secret, "p", "t", "n"), "p", "t", "n"));
        Assert.True(same.Matches(one.CheckValue));
        Assert.False(other.Matches(one.CheckValue));
        Assert.False(one.Matches([]));
    }

    private static KeySealer Sealer(byte seed)
    {
        using var temp = new TempFolder();
        using var folder = DataFolder.Open(temp.Path);
        return new KeySealer(MasterKey.Open(folder, Convert.ToBase64String(Enumerable.Repeat(seed, 32).ToArray()), dataExists: false).Bytes);
    }
}
