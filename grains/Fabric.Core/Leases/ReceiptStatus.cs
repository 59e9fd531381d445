namespace Fabric.Core.Leases;

/// <summary>Where the closing of one revision stands. All times are on the table's monotonic clock.</summary>
public sealed class ReceiptStatus
{
    internal ReceiptStatus(ulong revision, ClosedFloors floors)
    {
        Revision = revision;
        ReadClosed = revision <= floors.Read;
        WriteClosed = revision <= floors.Write;
        DestructiveClosed = revision <= floors.Destructive;
    }

    /// <summary>The revision asked about.</summary>
    public ulong Revision { get; }

    /// <summary>Whether no edge can allow a denied read any more.</summary>
    public bool ReadClosed { get; }

    /// <summary>Whether no edge can allow a denied write any more.</summary>
    public bool WriteClosed { get; }

    /// <summary>Whether no answer of the fabric can allow a denied destructive call any more.</summary>
    public bool DestructiveClosed { get; }

    /// <summary>Whether all classes are closed (R1).</summary>
    public bool Confirmed => ReadClosed && WriteClosed && DestructiveClosed;

    /// <summary>Edges that have applied the revision, or a later one.</summary>
    public List<string> Acknowledged { get; } = [];

    /// <summary>Edges that have not, and whose leases have run out for all classes. At most those seen since the oldest open receipt.</summary>
    public List<string> RanOut { get; } = [];

    /// <summary>Edges that have not, and may still allow something.</summary>
    public List<WaitingEdge> Waiting { get; } = [];

    /// <summary>Until when edges of before an unclean start may still allow something; null when they cannot (any more).</summary>
    public TimeSpan? BeforeRestartUntil { get; internal set; }
}
