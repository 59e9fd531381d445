using Fabric.LoadTests.Compare.Pairs;

namespace Fabric.LoadTests.Tests.Compare;

public sealed class ProcessTimesTests
{
    [Fact]
    public void A_name_may_hold_blanks_and_brackets()
    {
        const string line = "42 (a ) 7 (b) S 17 42 42 0 -1 4194560 1 2 3 4 100 20 3 4 20 0 1 0 5 6 7";

        Assert.Equal(new ProcessTimes.Entry(42, 17, 127), ProcessTimes.Parse(line));
    }

    [Theory]
    [InlineData("")]
    [InlineData("42 (short) S 17")]
    [InlineData("nothing")]
    public void What_is_no_such_line_is_no_process(string line) => Assert.Null(ProcessTimes.Parse(line));

    [Fact]
    public void A_tree_is_a_process_and_all_below_it()
    {
        ProcessTimes.Entry[] all = [new(1, 0, 1_000), new(10, 1, 1), new(11, 10, 20), new(12, 11, 300), new(13, 1, 5_000)];

        Assert.Equal(321, ProcessTimes.TreeTicks(10, all));
        Assert.Equal(0, ProcessTimes.TreeTicks(99, all));
    }
}
