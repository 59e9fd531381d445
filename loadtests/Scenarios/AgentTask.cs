using System.Collections.Concurrent;
using Fabric.LoadTests.Measure;
using Fabric.LoadTests.Processes;

namespace Fabric.LoadTests.Scenarios;

/// <summary>A session of a simulated agent with its tokens.</summary>
internal sealed class AgentTask(int agent, string session, int customer, long openedNs, IReadOnlyList<string> tokens)
{
    /// <summary>When its end was first asked for, by whatever; 0: not yet.</summary>
    public long AskedEndNs;

    /// <summary>When the receipt of its end had arrived as confirmed; 0: not yet.</summary>
    public long ConfirmedNs;

    /// <summary>The agent, and the user it acts for; of a delegated one those of its delegator.</summary>
    public int Agent => agent;

    /// <summary>The session's id.</summary>
    public string Session => session;

    /// <summary>Whom the task is about.</summary>
    public int Customer => customer;

    /// <summary>When its opening (for a delegated one, its delegator's) was asked for.</summary>
    public long OpenedNs => openedNs;

    /// <summary>Whether only the one reading call is in scope.</summary>
    public bool IsReadOnly { get; init; }

    /// <summary>What it was delegated to.</summary>
    public ConcurrentQueue<AgentTask> Parts { get; } = [];

    /// <summary>It and all that was delegated from it.</summary>
    public List<AgentTask> WithParts() => [this, .. Parts.SelectMany(part => part.WithParts())];

    /// <summary>Notes that its end is asked for.</summary>
    public void AskEnd() => Interlocked.CompareExchange(ref AskedEndNs, Clock.NowNs, 0);

    /// <summary>Calls that are in its scope.</summary>
    public List<EdgeCall> Calls(int count, int turn) =>
        [.. Enumerable.Range(0, count).SelectMany(i => tokens.Select(token => Town.CallOf(token, customer, IsReadOnly ? 1 : turn + i)))];
}
