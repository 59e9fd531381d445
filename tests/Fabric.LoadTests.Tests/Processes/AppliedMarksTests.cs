using Fabric.Client.Edges;
using Fabric.Core.Checks;
using Fabric.Core.Scopes;
using Fabric.LoadTests.Measure;
using Fabric.LoadTests.Processes;

namespace Fabric.LoadTests.Tests.Processes;

public sealed class AppliedMarksTests
{
    [Fact]
    public async Task An_edge_is_asked_first_and_then_it_is_noted_when_it_had_applied_what()
    {
        var (source, marks, told) = (new FakeSource(), default(AppliedMarks), new List<ulong>());
        await using var noting = marks = new AppliedMarks(source);
        marks.Start(revision =>
        {
            Assert.DoesNotContain(marks.Take(), mark => mark.Revision == revision);
            told.Add(revision);
            return 3;
        });
        var beforeNs = Clock.NowNs;

        Assert.Equal(3, source.Applied!(7));
        var mark = Assert.Single(marks.Take());
        Assert.Equal(7UL, mark.Revision);
        Assert.InRange(mark.AtNs, beforeNs, Clock.NowNs);
        Assert.Equal([7UL], told);
        Assert.Empty(marks.Take());
    }

    [Fact]
    public async Task The_oldest_marks_go_when_there_are_too_many()
    {
        var source = new FakeSource();
        await using var marks = new AppliedMarks(source);
        marks.Start(_ => 0);
        for (var revision = 1UL; revision <= AppliedMarks.Max + 2; revision++)
        {
            _ = source.Applied!(revision);
        }

        var taken = marks.Take();
        Assert.Equal((AppliedMarks.Max, 3UL, AppliedMarks.Max + 2UL), (taken.Count, taken[0].Revision, taken[^1].Revision));
    }

    [Fact]
    public async Task An_edge_leaves_once_and_comes_back_as_a_new_one()
    {
        var made = new List<FakeEdge>();
        await using (var edge = new RejoiningEdge(() =>
        {
            made.Add(new FakeEdge());
            return made[^1];
        }))
        {
            await edge.JoinAsync();
            Assert.Single(made);
            await edge.LeaveAsync();
            await edge.LeaveAsync();
            Assert.Equal([1], made.Select(each => each.Ended));
            await edge.JoinAsync();
            Assert.Equal([1, 0], made.Select(each => each.Ended));
        }

        Assert.Equal([1, 1], made.Select(each => each.Ended));
    }

    private sealed class FakeSource : IEdgeSource
    {
        public Func<ulong, int>? Applied { get; private set; }

        public ICheckView View => throw new NotSupportedException();

        public IEdgeUplink Uplink => throw new NotSupportedException();

        public void Start(Func<ulong, int> applied) => Applied = applied;

        public Task StopAsync(CancellationToken cancellation) => Task.CompletedTask;

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }

    private sealed class FakeEdge : ICheckingEdge
    {
        public int Ended { get; private set; }

        public EdgeState State => new(true, 0, 0, 0, 0, 0);

        public Decision Check(string token, in ToolCall call) => throw new NotSupportedException();

        public Decision Check(ReadOnlySpan<byte> utf8Token, in ToolCall call) => throw new NotSupportedException();

        public ValueTask<Decision> CheckAsync(string token, ToolCall call) => throw new NotSupportedException();

        public ValueTask DisposeAsync()
        {
            Ended++;
            return ValueTask.CompletedTask;
        }
    }
}
