using Fabric.Core.Common;
using Fabric.Core.Credentials;
using Fabric.Core.Journal;
using Fabric.Core.Keys;
using Fabric.Core.Nodes;

namespace Fabric.Embedded.Engine;

/// <summary>
/// What one command did: one journal record, so that it is there whole or not at all. <paramref name="Revision"/>: the feed's head before it.
/// </summary>
internal sealed record Transaction(Instant At, string By, ulong Revision, IReadOnlyList<FabricEvent> Events)
{
    private const byte Format = 1;

    /// <summary>The feed's head after it: what the command's answer named.</summary>
    internal ulong RevisionAfter => Revision + (ulong)Events.Sum(e => e switch
    {
        NodeRevoked or NodeLocked or NodeUnlocked or SigningKeyAdded or SigningKeyRetired or SigningKeyRevoked => 1,
        CredentialsRevoked revoked => revoked.Ids.Count,
        _ => 0,
    });

    internal void Write(RecordWriter writer)
    {
        writer.Byte(Format);
        writer.Moment(At);
        writer.Text(By);
        writer.Number(Revision);
        writer.Number((ulong)Events.Count);
        foreach (var e in Events)
        {
            EventCodec.Write(e, writer);
        }
    }

    internal static Transaction Read(ReadOnlySpan<byte> record)
    {
        var reader = new RecordReader(record);
        if (reader.Byte() != Format)
        {
            throw new InvalidRecordException("the transaction's format is not known: the journal is of a newer version");
        }

        var (at, by, revision) = (reader.Moment(), reader.Text(), reader.Number());
        var events = new FabricEvent[reader.Count()];
        for (var i = 0; i < events.Length; i++)
        {
            events[i] = EventCodec.Read(ref reader);
        }

        return new Transaction(at, by, revision, events);
    }
}
