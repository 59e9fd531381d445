namespace Fabric.LoadTests.Scenarios;

/// <summary>A user of a trace, and when it left.</summary>
internal sealed class ReplayUser(string name, int calls)
{
    /// <summary>When its offboarding was asked for, on the run's clock; 0: not yet.</summary>
    public long AskedNs;

    /// <summary>When the confirmed receipt had arrived, on the run's clock; 0: not yet.</summary>
    public long ConfirmedNs;

    private int _made;

    /// <summary>Its id.</summary>
    public string Name => name;

    /// <summary>Its calls in all of its runs.</summary>
    public int Calls => calls;

    /// <summary>After how many of them it leaves; null: it stays.</summary>
    public int? LeavesAfter { get; set; }

    /// <summary>How long the offboarding took, in milliseconds.</summary>
    public double ConfirmMs { get; set; }

    /// <summary>Counts a call; true for the one at which the user leaves.</summary>
    public bool CountCall() => Interlocked.Increment(ref _made) - 1 == LeavesAfter;
}
