using System.Collections.Concurrent;
using Fabric.Core.Scopes;
using Fabric.LoadTests.Measure;

namespace Fabric.LoadTests.Processes;

/// <summary>Calls that an edge process checks over and over, in groups, and when each group's latest allowed check began. Any thread.</summary>
internal sealed class HeldCalls(ICheckingEdge edge)
{
    private readonly ConcurrentDictionary<string, Group> _groups = new(StringComparer.Ordinal);
    private volatile bool _stopped;
    private Thread? _hammer;

    /// <summary>A call as the edge takes it.</summary>
    public static ToolCall CallOf(EdgeCall call) => new(call.Tool, call.Action, call.Resource, call.Class switch
    {
        "read" => ActionClass.Read,
        "write" => ActionClass.Write,
        _ => ActionClass.Destructive,
    });

    /// <summary>Adds a group; one of the same name is replaced.</summary>
    public EdgeReply Hold(long id, string name, IReadOnlyList<EdgeCall> calls)
    {
        _groups[name] = new Group([.. calls.Select(call => (call.Token, CallOf(call)))]);
        return new EdgeReply(id);
    }

    /// <summary>Checks a group once.</summary>
    public EdgeReply CheckOnce(long id, string name)
    {
        var allowed = _groups.TryGetValue(name, out var group) ? group.CheckAll(edge) : 0;
        return new EdgeReply(id, Allowed: allowed, Denied: (group?.Count ?? 0) - allowed, LastAllowedNs: group?.LastAllowedNs ?? 0);
    }

    /// <summary>Begins to check all groups over and over.</summary>
    public EdgeReply Hammer(long id)
    {
        if (_hammer is null)
        {
            _hammer = new Thread(Run) { IsBackground = true, Name = "hammer" };
            _hammer.Start();
        }

        return new EdgeReply(id);
    }

    /// <summary>Forgets all groups.</summary>
    public EdgeReply Drop(long id)
    {
        _groups.Clear();
        return new EdgeReply(id);
    }

    /// <summary>How often a group's calls were allowed and denied so far, and when the latest allowed check began.</summary>
    public EdgeReply LastAllowed(long id, string name) => _groups.TryGetValue(name, out var group)
        ? new EdgeReply(id, Allowed: (int)Math.Min(int.MaxValue, group.Allowed), Denied: (int)Math.Min(int.MaxValue, group.Denied), LastAllowedNs: group.LastAllowedNs)
        : new EdgeReply(id);

    /// <summary>Ends the checking.</summary>
    public void Stop()
    {
        _stopped = true;
        _hammer?.Join();
    }

    // A pause after each round: the edge's machine has other work to do.
    private void Run()
    {
        while (!_stopped)
        {
            foreach (var (_, group) in _groups)
            {
                group.CheckAll(edge);
            }

            Thread.Sleep(1);
        }
    }

    private sealed class Group((string Token, ToolCall Call)[] calls)
    {
        private long _lastAllowedNs;
        private long _allowed;
        private long _denied;

        public int Count => calls.Length;

        public long LastAllowedNs => Interlocked.Read(ref _lastAllowedNs);

        public long Allowed => Interlocked.Read(ref _allowed);

        public long Denied => Interlocked.Read(ref _denied);

        public int CheckAll(ICheckingEdge edge)
        {
            var allowed = 0;
            foreach (var (token, call) in calls)
            {
                var beganNs = Clock.NowNs;
                if (edge.Check(token, call).Allowed)
                {
                    allowed++;
                    Volatile.Write(ref _lastAllowedNs, beganNs);
                }
            }

            Interlocked.Add(ref _allowed, allowed);
            Interlocked.Add(ref _denied, calls.Length - allowed);
            return allowed;
        }
    }
}
