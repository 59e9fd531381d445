using System.IO.Pipelines;
using System.Text.Json;
using Fabric.LoadTests.Processes;

namespace Fabric.LoadTests.Tests.Processes;

public sealed class StormChildTests
{
    private const int Callers = 4;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Callers_revoke_until_they_are_stopped_and_every_answered_revocation_is_counted()
    {
        var (done, begun) = (0, 0);
        var many = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var child = new Child(async () =>
        {
            Interlocked.Increment(ref begun);
            await Task.Yield();
            if (Interlocked.Increment(ref done) == 1_000)
            {
                many.SetResult();
            }
        });

        Assert.Equal(new StormTally(), await child.OrderAsync(new StormOrder(StormOps.Revoke)));
        await many.Task.WaitAsync(Patience);
        var tally = await child.OrderAsync(new StormOrder(StormOps.Stop));

        // Read after the answer: nothing was under way any more, and nothing begins.
        Assert.Equal((done, begun), ((int)tally.Revoked, (int)tally.Revoked));
        Assert.True(tally is { Revoked: >= 1_000, TookMs: > 0, RanMs: > 0, Fault: null });
        Assert.Equal(new StormTally(), await child.OrderAsync(new StormOrder(StormOps.Stop)));
        Assert.Equal(tally.Revoked, done);
    }

    [Fact]
    public async Task A_fault_of_one_caller_ends_the_storm_and_is_told()
    {
        var failed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var child = new Child(async () =>
        {
            await Task.Yield();
            failed.TrySetResult();
            throw new LoadException("no such tenant");
        });

        await child.OrderAsync(new StormOrder(StormOps.Revoke));
        await failed.Task.WaitAsync(Patience);

        var tally = await child.OrderAsync(new StormOrder(StormOps.Stop));
        Assert.Equal((0, "LoadException: no such tenant"), (tally.Revoked, tally.Fault));
    }

    [Fact]
    public async Task Burning_revokes_nothing()
    {
        await using var child = new Child(() => throw new InvalidOperationException("nothing is to be revoked"));

        await child.OrderAsync(new StormOrder(StormOps.Burn, Cores: 0.5));
        var tally = await child.OrderAsync(new StormOrder(StormOps.Stop));

        Assert.True(tally is { Revoked: 0, Fault: null, TookMs: > 0 });
    }

    [Theory]
    [InlineData(0.5, 100, 20, 30)]
    [InlineData(0.5, 100, 50, 0)]
    [InlineData(1.5, 100, 160, -10)]
    [InlineData(0, 100, 1, -1)]
    public void What_is_owed_is_what_so_many_cores_would_have_done_by_now(double cores, double tookMs, double ranMs, double owedMs) =>
        Assert.Equal(owedMs, StormWork.OwedMs(cores, tookMs, ranMs), 6);

    [Fact]
    public async Task Callers_that_stand_back_do_so_with_their_whole_process()
    {
        await using var back = StormProcess.Start(new Uri("http://127.0.0.1:1"), "no secret", "nobody", users: 1, callers: 1, StormProcess.StandsBack);
        await back.StopAsync();

        // An answer came, so the program runs; its threads have the priority of the process that nice(1) made.
        var threads = Directory.GetDirectories($"/proc/{back.ProcessId}/task").Select(thread => NiceOf(File.ReadAllText(Path.Combine(thread, "stat")))).ToList();

        Assert.True(threads.Count > 1);
        Assert.All(threads, nice => Assert.Equal(StormProcess.StandsBack, nice));
    }

    // proc(5): the 19th field; the name, which ends with the last bracket, is the second.
    private static int NiceOf(string stat) => int.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[16], System.Globalization.CultureInfo.InvariantCulture);

    private sealed class Child : IAsyncDisposable
    {
        private readonly Pipe _orders = new();
        private readonly Pipe _answers = new();
        private readonly StreamWriter _to;
        private readonly StreamReader _from;
        private readonly StreamReader _orderReader;
        private readonly StreamWriter _answerWriter;
        private readonly Task _serving;

        public Child(Func<Task> revoke)
        {
            (_to, _from) = (new StreamWriter(_orders.Writer.AsStream()), new StreamReader(_answers.Reader.AsStream()));
            (_orderReader, _answerWriter) = (new StreamReader(_orders.Reader.AsStream()), new StreamWriter(_answers.Writer.AsStream()));
            _serving = StormChild.ServeAsync(_orderReader, _answerWriter, Callers, revoke);
        }

        public async Task<StormTally> OrderAsync(StormOrder order)
        {
            await _to.WriteLineAsync(JsonSerializer.Serialize(order, StormJson.Default.StormOrder));
            await _to.FlushAsync();
            var line = await _from.ReadLineAsync().WaitAsync(Patience);
            return JsonSerializer.Deserialize(line!, StormJson.Default.StormTally)!;
        }

        public async ValueTask DisposeAsync()
        {
            await _to.DisposeAsync();
            await _serving.WaitAsync(Patience);
            _orderReader.Dispose();
            await _answerWriter.DisposeAsync();
            _from.Dispose();
        }
    }
}
