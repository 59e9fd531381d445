using Fabric.Core.Journal;
using Fabric.Core.Sessions;
using Fabric.Embedded.Engine;

namespace Fabric.Embedded.Tests.Engine;

public sealed class ChangeLogTests
{
    private readonly ChangeLog _log = new();
    private readonly List<(ulong Sequence, Transaction Transaction)> _read = [];

    [Fact]
    [Trait("Invariant", "R3")]
    public void What_was_appended_is_read_in_order_from_any_cursor()
    {
        _log.StartAfter(10);
        foreach (var sequence in (ulong[])[11, 12, 13])
        {
            _log.Append(sequence, Record($"reason {sequence}"));
        }

        Assert.True(_log.TryRead(11, 100, _read));
        Assert.Equal([(12ul, "reason 12"), (13ul, "reason 13")], _read.Select(each => (each.Sequence, ((SessionEnded)each.Transaction.Events[0]).Reason)));
        Assert.True(_log.TryRead(13, 100, []));
        Assert.False(_log.TryRead(9, 100, []));
        Assert.Equal((13ul, 10ul), (_log.Head, _log.Oldest));
    }

    [Fact]
    [Trait("Invariant", "R3")]
    public void Past_its_bytes_the_oldest_go_and_their_cursors_get_a_gap()
    {
        const int Large = 1 << 20;
        var most = (ulong)(ChangeLog.RetentionBytes / Large);
        for (var sequence = 1ul; sequence <= most + 5; sequence++)
        {
            _log.Append(sequence, Record(new string('x', Large)));
        }

        Assert.InRange(_log.Oldest, 5ul, 7ul);
        Assert.False(_log.TryRead(_log.Oldest - 1, 1, []));
        Assert.True(_log.TryRead(_log.Oldest, 1_000, _read));
        Assert.Equal(_log.Head - _log.Oldest, (ulong)_read.Count);
    }

    [Fact]
    [Trait("Invariant", "B1")]
    public void One_larger_than_the_bound_is_kept_alone()
    {
        _log.Append(1, Record("small"));
        _log.Append(2, Record(new string('x', (int)ChangeLog.RetentionBytes)));

        Assert.Equal(1ul, _log.Oldest);
        Assert.True(_log.TryRead(1, 10, _read));
        Assert.Single(_read);
    }

    [Fact]
    [Trait("Invariant", "R3")]
    public void A_jump_of_the_sequence_drops_what_was_before()
    {
        _log.Append(1, Record("before"));
        _log.Append(9, Record("after"));

        Assert.Equal(8ul, _log.Oldest);
        Assert.False(_log.TryRead(1, 10, []));
        Assert.True(_log.TryRead(8, 10, _read));
        Assert.Single(_read);
    }

    private static byte[] Record(string reason)
    {
        var writer = new RecordWriter();
        new Transaction(SessionSamples.Now, "test", 0, [new SessionEnded(1, "acme", SessionStatus.Denied, reason)]).Write(writer);
        return writer.Written.ToArray();
    }
}
