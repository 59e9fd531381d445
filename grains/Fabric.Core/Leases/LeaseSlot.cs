using Fabric.Core.Scopes;

namespace Fabric.Core.Leases;

/// <summary>What the table knows of one edge; or, without a name, of all edges of before an unclean start.</summary>
internal sealed class LeaseSlot(string? edge, UInt128 instance, ClassBounds bounds)
{
    public string? Edge { get; } = edge;

    /// <summary>The run of the process; 0 when it is not known, and then nobody takes the slot over.</summary>
    public UInt128 Instance { get; } = instance;

    public ClassBounds Bounds { get; } = bounds;

    /// <summary>The number of the connection; 0 when there is none.</summary>
    public ulong Connection { get; private set; }

    /// <summary>What the connection has acknowledged: grants go by this.</summary>
    public ulong Acknowledged { get; private set; }

    /// <summary>What the process has acknowledged over any connection: closing goes by this.</summary>
    public ulong Applied { get; private set; }

    /// <summary>The revision that must be closed before the slot may be forgotten; null while it may still be exposed.</summary>
    public ulong? ForgetAfter { get; set; }

    /// <summary>When it was first seen gone and run out.</summary>
    public TimeSpan? RanOutAt { get; set; }

    public RenewalQueue Renewals { get; } = new();

    public AnswerWindow Answers { get; } = new();

    /// <summary>Whether it ever could allow anything by itself or by an answer.</summary>
    public bool WasExposed => Renewals.WasGranted || Answers.WasNoted;

    public void Connect(ulong connection)
    {
        Disconnect();
        Connection = connection;
        (ForgetAfter, RanOutAt) = (null, null);
    }

    public void Disconnect()
    {
        Connection = 0;
        Acknowledged = 0;
        Renewals.Disconnect();
    }

    public void Acknowledge(ulong revision)
    {
        Acknowledged = Math.Max(Acknowledged, revision);
        Applied = Math.Max(Applied, revision);
    }

    /// <summary>
    /// Up to which revision this edge is out of the way for a class. INVARIANT R1: it has applied that much, or whatever it could still
    /// allow by has run out.
    /// </summary>
    public ulong Floor(ActionClass actionClass, TimeSpan now) =>
        Math.Max(Applied, Math.Min(Lease(actionClass, now).Head, Answers.LowestLiving(now).Head));

    /// <summary>The moment that must pass before <see cref="Floor"/> can rise by time alone.</summary>
    public TimeSpan Deadline(ActionClass actionClass, TimeSpan now)
    {
        var lease = Lease(actionClass, now);
        var answer = Answers.LowestLiving(now);
        return lease.Head <= answer.Head
            ? lease.At + LeaseTerms.RunOutAfter(Bounds.Of(actionClass))
            : answer.At + LeaseTerms.RunOutAfter(LeaseTerms.AnswerValid);
    }

    /// <summary>Whether anything lives at all.</summary>
    public bool IsExposed(TimeSpan now) =>
        Lease(ActionClass.Read, now) != Exposure.None || Lease(ActionClass.Write, now) != Exposure.None || Answers.LowestLiving(now) != Exposure.None;

    /// <summary>When a revocation that the edge does not acknowledge is closed for all classes, and the arrival that this counts from.</summary>
    public (TimeSpan Since, TimeSpan Until) WaitFor(ulong revision)
    {
        var lease = Renewals.LastBefore(revision);
        var answer = Answers.LastBefore(revision);
        var bound = Bounds.Read >= Bounds.Write ? Bounds.Read : Bounds.Write;
        var byLease = lease == Exposure.None ? TimeSpan.MinValue : lease.At + LeaseTerms.RunOutAfter(bound);
        var byAnswer = answer == Exposure.None ? TimeSpan.MinValue : answer.At + LeaseTerms.RunOutAfter(LeaseTerms.AnswerValid);
        return byLease >= byAnswer ? (lease.At, byLease) : (answer.At, byAnswer);
    }

    private Exposure Lease(ActionClass actionClass, TimeSpan now) =>
        actionClass == ActionClass.Destructive ? Exposure.None : Renewals.FirstLiving(Bounds.Of(actionClass), now);
}
