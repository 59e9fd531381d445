using Fabric.Core.Journal;

namespace Fabric.Grains.Wire;

/// <summary>Events of one command as bytes: a format byte, their count, then each as in a journal.</summary>
internal static class EventList
{
    private const byte Format = 1;

    internal static byte[] Write(IReadOnlyCollection<FabricEvent> events)
    {
        var writer = new RecordWriter();
        writer.Byte(Format);
        writer.Number((ulong)events.Count);
        foreach (var e in events)
        {
            EventCodec.Write(e, writer);
        }

        return writer.Written.ToArray();
    }

    internal static byte[] WriteOne(FabricEvent e)
    {
        var writer = new RecordWriter();
        EventCodec.Write(e, writer);
        return writer.Written.ToArray();
    }

    internal static FabricEvent[] Read(ReadOnlySpan<byte> bytes)
    {
        var reader = new RecordReader(bytes);
        if (reader.Byte() != Format)
        {
            throw new InvalidRecordException("the events are of a newer version");
        }

        var events = new FabricEvent[reader.Count()];
        for (var i = 0; i < events.Length; i++)
        {
            events[i] = EventCodec.Read(ref reader);
        }

        return events;
    }

    internal static FabricEvent ReadOne(ReadOnlySpan<byte> bytes)
    {
        var reader = new RecordReader(bytes);
        return EventCodec.Read(ref reader);
    }
}
