using Fabric.LoadTests.Compare.Pairs;

namespace Fabric.LoadTests.Tests.Compare;

public sealed class MachineLoadTests
{
    private const int Root = 10;

    [Fact]
    public void What_the_run_itself_and_the_kernels_threads_do_is_not_others_work()
    {
        // 192 ticks, in 150 of which something ran: the run with all its children in 100, the kernel's threads in 45, somebody else in 5.
        var before = MachineLoad.Of("cpu  1000 0 500 5000 10 7 8 3 0 0", Processes(own: 100, child: 200, kernel: 50, other: 900), Root);
        var after = MachineLoad.Of("cpu  1100 10 540 5030 15 9 13 3 0 0", Processes(own: 140, child: 260, kernel: 95, other: 905), Root);

        Assert.Equal(new MachineLoad(6_528, 1_500, 3, 350), before);
        Assert.Equal(5 / 192.0, after.OthersSince(before), 6);
    }

    [Fact]
    public void A_process_that_nobody_of_this_run_has_started_is_others_work()
    {
        var before = MachineLoad.Of("cpu  1000 0 500 5000 0 0 0 0", Processes(own: 100, child: 200, kernel: 50, other: 900), Root);
        var after = MachineLoad.Of("cpu  1100 0 500 5100 0 0 0 0", Processes(own: 110, child: 210, kernel: 50, other: 980), Root);

        Assert.Equal(0.4, after.OthersSince(before), 6);
    }

    [Fact]
    public void Stolen_time_is_others_work_and_interrupts_are_nobodys()
    {
        var before = MachineLoad.Of("cpu  0 0 0 0 0 0 0 0", [], Root);

        Assert.Equal(0.25, MachineLoad.Of("cpu  0 0 0 75 0 0 0 25", [], Root).OthersSince(before), 6);
        Assert.Equal(0, MachineLoad.Of("cpu  0 0 0 50 0 20 30 0", [], Root).OthersSince(before), 6);
    }

    [Fact]
    public void Own_processes_that_are_counted_ahead_of_the_machine_are_no_credit_against_stolen_time()
    {
        var before = new MachineLoad(0, 0, 0, 0);

        Assert.Equal(0, new MachineLoad(100, 40, 0, 43).OthersSince(before));
        Assert.Equal(0.1, new MachineLoad(100, 40, 10, 43).OthersSince(before), 6);
        Assert.Equal(0, before.OthersSince(before));
    }

    [Fact]
    public void Where_the_kernels_threads_cannot_be_seen_process_two_is_like_any_other()
    {
        ProcessTimes.Entry[] container = [new(1, 0, 5), new(2, 1, 70), new(Root, 1, 8)];

        Assert.Equal(8, MachineLoad.Of("cpu  1 2 3 4 5 6 7 8", container, Root).Own);
    }

    [Theory]
    [InlineData("")]
    [InlineData("cpu0 1 2 3 4 5 6 7 8")]
    [InlineData("cpu  1 2 3 4")]
    public void What_is_no_such_line_is_said(string line) => Assert.Throws<LoadException>(() => MachineLoad.Of(line, [], Root));

    [Fact]
    public void This_machine_tells_its_load()
    {
        var before = MachineLoad.Read();

        // What this thread works through is this run's: the reading itself takes no time that others would be charged for.
        Assert.InRange(MachineLoad.Read().OthersSince(before), 0, 1);
        Assert.InRange(before.Own, 1, before.All);
        Assert.True(CalibrationLoop.Measure() > 0);
    }

    private static ProcessTimes.Entry[] Processes(long own, long child, long kernel, long other) =>
        [new(1, 0, 1), new(2, 0, 0), new(3, 2, kernel), new(Root, 1, own), new(11, Root, child), new(20, 1, other)];
}
