using Fabric.Client.Edges;
using Fabric.Testing;

namespace Fabric.Client.Tests.Edges;

public sealed class BootTimeTests
{
    [Fact]
    [Trait("Invariant", "R2")]
    public void An_enforcement_points_clock_goes_on_while_the_machine_is_suspended()
    {
        var clock = new EdgeClock(TimeProvider.System);
        Assert.Equal(OperatingSystem.IsLinux() || OperatingSystem.IsMacOS(), clock.Time is BootTime);
        Assert.Same(BootTime.Best, clock.Time);
        if (OperatingSystem.IsLinux())
        {
            // The kernel's own count of seconds since the boot, suspensions included, read before and after.
            var (before, ms, after) = (Uptime(), clock.SentMs, Uptime());
            Assert.InRange(ms / 1_000.0, before - 0.02, after + 0.02);
        }
    }

    [Fact]
    public void It_is_as_good_a_time_as_the_systems_for_all_else()
    {
        var time = BootTime.Best;
        var from = time.GetTimestamp();
        Assert.True(time.GetElapsedTime(from) >= TimeSpan.Zero);
        Assert.InRange(time.GetUtcNow() - TimeProvider.System.GetUtcNow(), TimeSpan.FromMinutes(-1), TimeSpan.FromMinutes(1));
        var manual = new ManualTimeProvider();
        Assert.Same(manual, new EdgeClock(manual).Time);
    }

    private static double Uptime() =>
        double.Parse(File.ReadAllText("/proc/uptime").Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture);
}
