using Fabric.Core.Scopes;
using Fabric.LoadTests.Measure;
using Fabric.LoadTests.Scenarios;

namespace Fabric.LoadTests.Processes;

/// <summary>
/// Calls that an edge process checks from a schedule, group after group, and how often each group was allowed and denied in every 10 ms. A check that is late is
/// made all the same, at once: what an edge would have allowed is not passed over because its process stood still. Any thread.
/// </summary>
internal sealed class ScheduledChecks(ICheckingEdge edge)
{
    /// <summary>How long a bucket is, in nanoseconds: bucket N begins at N times this on the machine's clock.</summary>
    public const long BucketNs = 10_000_000;

    /// <summary>Buckets of a group that are kept: two minutes. Older ones are forgotten, the counts of the whole time are not.</summary>
    public const int BucketsMax = 12_000;

    /// <summary>Groups, at most.</summary>
    public const int GroupsMax = 1_000;

    private readonly Lock _changes = new();
    private volatile Group[] _groups = [];
    private volatile bool _stopped;
    private Thread? _thread;
    private int _perSecond = 1;
    private long _lateMaxNs;

    /// <summary>Adds a group, and begins to check when it is the first. <paramref name="perSecond"/>: of all groups together, from now on.</summary>
    public EdgeReply Watch(long id, string name, IReadOnlyList<EdgeCall> calls, int perSecond)
    {
        lock (_changes)
        {
            if (calls.Count == 0 || perSecond < 1 || _groups.Length >= GroupsMax)
            {
                return new EdgeReply(id, $"a group to watch has calls and a rate, and there are at most {GroupsMax}");
            }

            _groups = [.. _groups, new Group(name, [.. calls.Select(call => (call.Token, HeldCalls.CallOf(call)))])];
            Volatile.Write(ref _perSecond, perSecond);
            if (_thread is null)
            {
                _thread = new Thread(Run) { IsBackground = true, Name = "schedule" };
                _thread.Start();
            }

            return new EdgeReply(id);
        }
    }

    /// <summary>What became of every group so far.</summary>
    public EdgeReply Seen(long id) => new(id, Seen: new SeenChecks([.. _groups.Select(group => group.Total())], Volatile.Read(ref _lateMaxNs)));

    /// <summary>A group's buckets from one on.</summary>
    public EdgeReply Buckets(long id, string name, long since) =>
        Array.Find(_groups, group => group.Name == name) is { } found ? new EdgeReply(id, Buckets: found.Since(since)) : new EdgeReply(id, $"no such group: {name}");

    /// <summary>Ends the checking of all groups and forgets them; a group that is added later begins it again.</summary>
    public EdgeReply Forget(long id)
    {
        lock (_changes)
        {
            _groups = [];
            _thread?.Join();
            _thread = null;
            return new EdgeReply(id);
        }
    }

    /// <summary>Ends the checking.</summary>
    public void Stop()
    {
        _stopped = true;
        _thread?.Join();
    }

    // Due by a count, so that the rate holds whatever a pause of the thread takes.
    private void Run()
    {
        var (dueNs, turn) = (Clock.NowNs, 0L);
        while (!_stopped)
        {
            var nowNs = Clock.NowNs;
            if (nowNs < dueNs)
            {
                Thread.Sleep(1);
                continue;
            }

            var groups = _groups;
            if (groups.Length == 0)
            {
                return;
            }

            _lateMaxNs = Math.Max(_lateMaxNs, nowNs - dueNs);
            groups[(int)(turn++ % groups.Length)].CheckNext(edge);
            dueNs += 1_000_000_000L / Volatile.Read(ref _perSecond);
        }
    }

    private sealed class Group(string name, (string Token, ToolCall Call)[] calls)
    {
        private readonly Lock _counting = new();
        private readonly Queue<CheckBucket> _buckets = new();
        private CheckBucket _open = new(0, 0, 0, 0);
        private SeenGroup _total = new(name, 0, 0, 0, 0, 0, "");
        private int _next;

        public string Name { get; } = name;

        public void CheckNext(ICheckingEdge edge)
        {
            var (token, call) = calls[_next++ % calls.Length];
            var beganNs = Clock.NowNs;
            var decision = edge.Check(token, call);
            var isStale = !decision.Allowed && R1.IsPassing(decision.Code ?? "");
            lock (_counting)
            {
                var number = beganNs / BucketNs;
                if (_open.Number != number)
                {
                    Close();
                    _open = new CheckBucket(number, 0, 0, 0);
                }

                _open = decision.Allowed ? _open with { Allowed = _open.Allowed + 1 }
                    : isStale ? _open with { Stale = _open.Stale + 1 }
                    : _open with { Denied = _open.Denied + 1 };
                _total = decision.Allowed ? _total with { Allowed = _total.Allowed + 1, LastAllowedNs = beganNs }
                    : isStale ? _total with { Stale = _total.Stale + 1 }
                    : _total with
                    {
                        Denied = _total.Denied + 1,
                        FirstDeniedNs = _total.FirstDeniedNs == 0 ? beganNs : _total.FirstDeniedNs,
                        FirstCode = _total.Denied == 0 ? decision.Code ?? "denied" : _total.FirstCode,
                    };
            }
        }

        public SeenGroup Total()
        {
            lock (_counting)
            {
                return _total;
            }
        }

        public IReadOnlyList<CheckBucket> Since(long number)
        {
            lock (_counting)
            {
                return [.. _buckets.Where(bucket => bucket.Number >= number), .. _open.Number > 0 && _open.Number >= number ? [_open] : Array.Empty<CheckBucket>()];
            }
        }

        private void Close()
        {
            if (_open.Number == 0)
            {
                return;
            }

            _buckets.Enqueue(_open);
            if (_buckets.Count > BucketsMax)
            {
                _buckets.Dequeue();
            }
        }
    }
}
