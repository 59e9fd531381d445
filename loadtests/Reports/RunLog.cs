using System.Diagnostics;
using Spectre.Console;

namespace Fabric.LoadTests.Reports;

/// <summary>Shows how far a run is: bars on a terminal, plain lines elsewhere. Any thread.</summary>
internal sealed class RunLog
{
    private readonly ProgressContext? _bars;
    private readonly Stopwatch _watch = Stopwatch.StartNew();

    private RunLog(ProgressContext? bars) => _bars = bars;

    /// <summary>Runs with a log for as long as it takes.</summary>
    public static async Task RunAsync(Func<RunLog, Task> run)
    {
        if (Console.IsOutputRedirected || !AnsiConsole.Profile.Capabilities.Interactive)
        {
            await run(new RunLog(null));
            return;
        }

        await AnsiConsole.Progress()
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new ElapsedTimeColumn(), new SpinnerColumn())
            .StartAsync(bars => run(new RunLog(bars)));
    }

    /// <summary>A line of text.</summary>
    public void Note(string text)
    {
        if (_bars is null)
        {
            Console.WriteLine($"{_watch.Elapsed.TotalSeconds,7:0.0} s  {text}");
        }
        else
        {
            AnsiConsole.WriteLine(text);
        }
    }

    /// <summary>A stage of <paramref name="total"/> steps (seconds, for one that runs for a time); it ends with its disposal.</summary>
    public Stage Begin(string name, double total) => new(this, name, total);

    /// <summary>Follows a stage by time until it is done.</summary>
    public async Task ForAsync(string name, TimeSpan time, CancellationToken cancellation)
    {
        using var stage = Begin(name, time.TotalSeconds);
        var watch = Stopwatch.StartNew();
        while (watch.Elapsed < time && !cancellation.IsCancellationRequested)
        {
            var rest = time - watch.Elapsed;
            await Task.Delay(rest < TimeSpan.FromMilliseconds(500) ? rest : TimeSpan.FromMilliseconds(500), CancellationToken.None);
            stage.To(watch.Elapsed.TotalSeconds);
        }
    }

    /// <summary>One stage of a run.</summary>
    internal sealed class Stage : IDisposable
    {
        private readonly RunLog _log;
        private readonly string _name;
        private readonly double _total;
        private readonly ProgressTask? _bar;
        private readonly Lock _changes = new();
        private readonly Stopwatch _watch = Stopwatch.StartNew();
        private double _done;
        private long _saidMs;

        internal Stage(RunLog log, string name, double total)
        {
            (_log, _name, _total) = (log, name, Math.Max(total, double.Epsilon));
            _bar = log._bars?.AddTask(Markup.Escape(name), maxValue: _total);
            if (_bar is null)
            {
                log.Note(name);
            }
        }

        /// <summary>So many steps more are done.</summary>
        public void Advance(double steps = 1)
        {
            lock (_changes)
            {
                _done += steps;
                Show();
            }
        }

        /// <summary>So many steps are done in all.</summary>
        public void To(double steps)
        {
            lock (_changes)
            {
                _done = steps;
                Show();
            }
        }

        /// <summary>Another text beside the bar: what is happening. Elsewhere than on a terminal nothing is said, since it changes many times a second.</summary>
        public void Say(string text)
        {
            if (_bar is not null)
            {
                _bar.Description = Markup.Escape(text);
            }
        }

        /// <inheritdoc/>
        public void Dispose()
        {
            if (_bar is not null)
            {
                _bar.Value = _total;
                _bar.StopTask();
            }
        }

        private void Show()
        {
            if (_bar is not null)
            {
                _bar.Value = Math.Min(_done, _total);
            }
            else if (_watch.ElapsedMilliseconds - _saidMs >= 5_000)
            {
                _saidMs = _watch.ElapsedMilliseconds;
                _log.Note($"{_name}: {Math.Min(100, 100 * _done / _total):0} %");
            }
        }
    }
}
