using System.Runtime.InteropServices;
using System.Text;
using Fabric.Core.Checks;
using Xunit.Abstractions;

namespace Fabric.Core.Tests.Checks;

public sealed class FingerprintTests(ITestOutputHelper output)
{
    private const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.";
    private static readonly byte[] Secret = [.. Enumerable.Range(0, 32).Select(i => (byte)i)];

    public static TheoryData<bool, bool> Ways => new() { { true, true }, { true, false }, { false, false } };

    [Theory]
    [MemberData(nameof(Ways))]
    public void Every_character_counts_at_every_length_and_in_both_encodings(bool carryless, bool wide)
    {
        var fingerprinter = new Fingerprinter(Secret, carryless, wide);
        var random = new Random((int)Seeded.Seed(output));
        for (var length = Fingerprinter.TokenBytesMin; length < 420; length++)
        {
            var text = string.Create(length, random, static (span, r) => r.GetItems(Alphabet, span));
            var fingerprint = Utf16(fingerprinter, text);
            Assert.Equal(fingerprint, Utf8(fingerprinter, text));
            Assert.Equal(fingerprint, Utf16(fingerprinter, new string(text.AsSpan())));
            for (var i = 0; i < length; i++)
            {
                var other = text.ToCharArray();
                other[i] = text[i] == 'A' ? 'B' : 'A';
                Assert.NotEqual(fingerprint, Utf16(fingerprinter, new string(other)));

                // The low byte alone is the same.
                other[i] = (char)(text[i] + 0x100);
                Assert.NotEqual(fingerprint, Utf16(fingerprinter, new string(other)));
                other[i] = (char)(text[i] + 0xFF00);
                Assert.NotEqual(fingerprint, Utf16(fingerprinter, new string(other)));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void Swapped_and_shifted_texts_differ_and_another_key_gives_another_fingerprint(bool carryless, bool wide)
    {
        var fingerprinter = new Fingerprinter(Secret, carryless, wide);
        var text = new string('a', 64) + new string('b', 64) + new string('c', 64) + new string('d', 40);
        var seen = new HashSet<Fingerprint> { Utf16(fingerprinter, text) };
        foreach (var size in new[] { 8, 16, 32, 64 })
        {
            var swapped = text[size..(2 * size)] + text[..size] + text[(2 * size)..];
            Assert.True(swapped == text || seen.Add(Utf16(fingerprinter, swapped)));
            Assert.True(seen.Add(Utf16(fingerprinter, text[size..] + text[..size])));
        }

        Assert.True(seen.Add(Utf16(fingerprinter, text + "d")));
        Assert.True(seen.Add(Utf16(new Fingerprinter(new byte[32], carryless, wide), text)));
    }

    [Fact]
    public void The_longest_token_has_a_fingerprint_and_longer_ones_have_none()
    {
        var text = new string('a', Fingerprinter.TokenBytesMax);
        foreach (var wide in new[] { true, false })
        {
            var fingerprinter = new Fingerprinter(Secret, wide: wide);
            Assert.NotEqual(Utf16(fingerprinter, text), Utf16(fingerprinter, text[1..] + "b"));
        }

        Assert.True(Fingerprinter.Covers(text.Length));
        Assert.False(Fingerprinter.Covers(text.Length + 1));
        Assert.False(Fingerprinter.Covers(Fingerprinter.TokenBytesMin - 1));
        Assert.False(Fingerprinter.Covers(0));
    }

    private static Fingerprint Utf16(Fingerprinter fingerprinter, string text) =>
        fingerprinter.Of<char, Utf16Text>(ref MemoryMarshal.GetReference(text.AsSpan()), text.Length);

    private static Fingerprint Utf8(Fingerprinter fingerprinter, string text) =>
        fingerprinter.Of<byte, Utf8Text>(ref MemoryMarshal.GetArrayDataReference(Encoding.UTF8.GetBytes(text)), text.Length);
}
