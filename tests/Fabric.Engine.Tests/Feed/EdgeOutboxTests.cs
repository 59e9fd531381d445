using Fabric.Core.Common;
using Fabric.Engine.Feed;

namespace Fabric.Engine.Tests.Feed;

/// <summary>What waits to be sent to an edge that asks and does not read.</summary>
public sealed class EdgeOutboxTests
{
    [Fact]
    [Trait("Invariant", "B1")]
    public void An_edge_that_asks_and_does_not_read_is_closed_before_its_answers_fill_the_memory()
    {
        var outbox = new EdgeOutbox();
        for (var i = 0; i < EdgeOutbox.RepliesMax; i++)
        {
            outbox.Send(_ => { });
        }

        Assert.Null(outbox.Closing);
        outbox.Send(_ => { });
        Assert.Equal(Codes.LimitReached, outbox.Closing);
        var kept = 0;
        while (outbox.TryTakeReply(out _))
        {
            kept++;
        }

        Assert.Equal(EdgeOutbox.RepliesMax, kept);
    }

    [Fact]
    public void One_that_reads_as_it_asks_goes_on()
    {
        var outbox = new EdgeOutbox();
        for (var i = 0; i < 3 * EdgeOutbox.RepliesMax; i++)
        {
            outbox.Send(_ => { });
            Assert.True(outbox.TryTakeReply(out _));
        }

        Assert.Null(outbox.Closing);
    }
}
