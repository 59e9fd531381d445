namespace Fabric.Core.Sessions;

/// <summary>Where a session is in its life. Only `requested` and `active` are live; the rest is final (S1). Numbers are in journals.</summary>
public enum SessionStatus : byte
{
    /// <summary>Waits for an approval.</summary>
    Requested = 1,
    /// <summary>May issue credentials.</summary>
    Active = 2,
    /// <summary>The task is done.</summary>
    Completed = 3,
    /// <summary>Its time, or the time to approve it, ran out.</summary>
    Expired = 4,
    /// <summary>An approver said no.</summary>
    Denied = 5,
    /// <summary>It, or something in its lineage, was revoked.</summary>
    Revoked = 6,
}
