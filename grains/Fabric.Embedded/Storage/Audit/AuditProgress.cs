namespace Fabric.Embedded.Storage.Audit;

/// <summary>
/// Up to where the journal's records have reached the audit. Records come in the order of the journal, so one with a higher sequence
/// number says that those below are complete. A refused record leaves a gap that no later one can hide: it is fed again from the journal.
/// </summary>
internal sealed class AuditProgress(long through)
{
    private long _highest = through;
    private long _fed = through;
    private long _missingTo;

    /// <summary>The first sequence number that was refused and has to be fed again; 0: none.</summary>
    public long MissingFrom { get; private set; }

    /// <summary>All records up to here were taken.</summary>
    public long Fed => MissingFrom == 0 ? _fed : Math.Min(_fed, MissingFrom - 1);

    public void Took(long sequence) => See(sequence);

    public void Refused(long sequence)
    {
        See(sequence);
        MissingFrom = MissingFrom == 0 ? sequence : Math.Min(MissingFrom, sequence);
        _missingTo = Math.Max(_missingTo, sequence);
    }

    /// <summary>All records of the sequence number, also none, were added.</summary>
    public void Complete(long sequence)
    {
        _highest = Math.Max(_highest, sequence);
        _fed = Math.Max(_fed, sequence);
    }

    /// <summary>Everything from <see cref="MissingFrom"/> up to <paramref name="through"/> was added again, and taken.</summary>
    public void FedAgain(long through)
    {
        if (MissingFrom != 0 && through >= MissingFrom)
        {
            (MissingFrom, _missingTo) = through >= _missingTo ? (0, 0) : (through + 1, _missingTo);
        }
    }

    private void See(long sequence)
    {
        if (sequence > _highest)
        {
            _highest = sequence;
            _fed = Math.Max(_fed, sequence - 1);
        }
    }
}
