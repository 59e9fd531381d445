using Fabric.LoadTests.Measure;

namespace Fabric.LoadTests.Tests.Measure;

public sealed class LatencyRecorderTests
{
    [Fact]
    public void Nothing_recorded_reads_as_zero()
    {
        var recorder = new LatencyRecorder();

        Assert.Equal((0, 0, 0), (recorder.Count, recorder.MaxNs, recorder.PercentileNs(99)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(127)]
    [InlineData(128)]
    [InlineData(129)]
    [InlineData(1_000_003)]
    [InlineData(long.MaxValue)]
    public void One_duration_is_every_percentile(long ns)
    {
        var recorder = new LatencyRecorder();
        recorder.RecordNs(ns);

        Assert.Equal(ns, recorder.PercentileNs(0.1));
        Assert.Equal(ns, recorder.PercentileNs(100));
    }

    [Fact]
    public void Percentiles_are_those_of_a_sorted_list_within_one_percent()
    {
        const int Seed = 20_261;
        var random = new Random(Seed);
        var recorder = new LatencyRecorder();
        var all = new List<long>();
        for (var i = 0; i < 20_000; i++)
        {
            var ns = (long)Math.Exp(random.NextDouble() * 25);
            all.Add(ns);
            recorder.RecordNs(ns);
        }

        all.Sort();
        foreach (var percent in (double[])[1, 25, 50, 90, 99, 99.9, 100])
        {
            var exact = all[(int)Math.Ceiling(percent / 100 * all.Count) - 1];
            var read = recorder.PercentileNs(percent);
            Assert.True(read >= exact && read <= exact * 1.01 + 1, $"seed {Seed}: p{percent} reads {read} instead of {exact}");
        }
    }

    [Fact]
    public void Merging_is_recording_both()
    {
        var (one, two, both) = (new LatencyRecorder(), new LatencyRecorder(), new LatencyRecorder());
        for (var i = 1; i <= 1_000; i++)
        {
            (i % 3 == 0 ? one : two).RecordNs(i * 1_000);
            both.RecordNs(i * 1_000);
        }

        one.Merge(two);

        Assert.Equal((both.Count, both.MaxNs, both.MeanNs, both.PercentileNs(95)), (one.Count, one.MaxNs, one.MeanNs, one.PercentileNs(95)));
    }

    [Fact]
    public void A_median_of_an_even_number_is_between_the_two_in_the_middle()
    {
        Assert.Equal(2.5, Samples.Median([4, 1, 3, 2]));
        Assert.Equal(4, Samples.Percentile([4, 1, 3, 2], 99));
        Assert.True(double.IsNaN(Samples.Median([])));
    }
}
