using System.Buffers;
using System.Text;
using System.Text.Json;
using Fabric.Core.Journal;

namespace Fabric.Core.Tests.Journal;

public sealed class EventCodecTests
{
    // Changing a line here changes what journals mean: it needs a new event number or format, and a decision record.
    private static readonly string Golden = Path.Combine(AppContext.BaseDirectory, "Journal", "events.golden.txt");

    [Fact]
    [Trait("Invariant", "D1")]
    public void Every_event_is_written_as_the_golden_file_says()
    {
        var written = string.Concat(EventSamples.All.Select(e => $"{e.GetType().Name} {Convert.ToHexStringLower(Write(e))}\n"));
        if (Environment.GetEnvironmentVariable("FABRIC_WRITE_GOLDEN") is { Length: > 0 } folder)
        {
            File.WriteAllText(Path.Combine(folder, "events.golden.txt"), written);
        }

        Assert.Equal(File.ReadAllText(Golden), written);
    }

    [Fact]
    public void Every_event_is_read_back_as_it_was()
    {
        foreach (var e in EventSamples.All)
        {
            var bytes = Write(e);
            var reader = new RecordReader(bytes);
            var read = EventCodec.Read(ref reader);
            Assert.True(reader.AtEnd);
            Assert.Equal(e.GetType(), read.GetType());
            Assert.Equal(bytes, Write(read));
        }
    }

    [Fact]
    public void A_cut_record_is_refused_at_every_length()
    {
        foreach (var bytes in EventSamples.All.Select(Write))
        {
            for (var length = 0; length < bytes.Length; length++)
            {
                Assert.Throws<InvalidRecordException>(() => ReadWhole(bytes.AsSpan(0, length)));
            }
        }
    }

    [Fact]
    public void Every_event_of_the_assembly_has_a_sample_and_a_number_of_its_own()
    {
        var kinds = typeof(FabricEvent).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(FabricEvent)));
        Assert.Empty(kinds.Except(EventSamples.All.Select(e => e.GetType())));
        Assert.Equal(EventSamples.All.Count, EventSamples.All.Select(e => Write(e)[0]).Distinct().Count());
    }

    [Fact]
    public void What_subscribers_see_holds_no_secret_no_hash_and_no_sealed_key()
    {
        var secret = Convert.ToHexStringLower([.. Enumerable.Range(0, 32).Select(i => (byte)i)]);
        foreach (var e in EventSamples.All)
        {
            var buffer = new ArrayBufferWriter<byte>();
            using (var json = new Utf8JsonWriter(buffer))
            {
                json.WriteStartObject();
                e.Describe(json);
                json.WriteEndObject();
            }

            var text = Encoding.UTF8.GetString(buffer.WrittenSpan);
            Assert.DoesNotContain(secret, text, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain("AAECAwQFBgcICQoLDA0ODw", text, StringComparison.Ordinal);
        }
    }

    private static void ReadWhole(ReadOnlySpan<byte> bytes)
    {
        var reader = new RecordReader(bytes);
        EventCodec.Read(ref reader);
        if (!reader.AtEnd)
        {
            throw new InvalidRecordException("there is more");
        }
    }

    private static byte[] Write(FabricEvent e)
    {
        var writer = new RecordWriter();
        EventCodec.Write(e, writer);
        return writer.Written.ToArray();
    }
}
