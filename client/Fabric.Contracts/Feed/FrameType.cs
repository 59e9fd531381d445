namespace Fabric.Contracts.Feed;

/// <summary>The first byte of a frame. One WebSocket message is one frame. The numbers are on the wire; they never change.</summary>
public enum FrameType : byte
{
    /// <summary>Not a frame.</summary>
    None = 0,

    /// <summary>Edge: who it is and where it stands. The first frame.</summary>
    Hello = 0x01,
    /// <summary>Edge: asks for a lease, with its applied revision.</summary>
    Renew = 0x02,
    /// <summary>Edge: has applied everything up to a revision.</summary>
    Ack = 0x03,
    /// <summary>Edge: allows nothing any more; its lease is handed back.</summary>
    Bye = 0x04,
    /// <summary>Edge: asks the fabric to decide a call.</summary>
    Check = 0x05,
    /// <summary>Edge: draws a slice of a quota.</summary>
    TakeQuota = 0x06,
    /// <summary>Edge: gives unused units back.</summary>
    ReturnQuota = 0x07,
    /// <summary>Edge: asks for a signing key by its id.</summary>
    FetchKey = 0x08,
    /// <summary>Edge: reports usage.</summary>
    Usage = 0x09,

    /// <summary>Fabric: the edge is in.</summary>
    Welcome = 0x81,
    /// <summary>Fabric: a snapshot begins; what the edge knew is void.</summary>
    SnapshotBegin = 0x82,
    /// <summary>Fabric: records of a snapshot.</summary>
    SnapshotChunk = 0x83,
    /// <summary>Fabric: keys of a snapshot.</summary>
    SnapshotKeys = 0x84,
    /// <summary>Fabric: the snapshot is whole.</summary>
    SnapshotEnd = 0x85,
    /// <summary>Fabric: records, one revision each.</summary>
    Records = 0x86,
    /// <summary>Fabric: a signing key, one revision.</summary>
    Key = 0x87,
    /// <summary>Fabric: a lease.</summary>
    Grant = 0x88,
    /// <summary>Fabric: the feed has a gap; a snapshot follows.</summary>
    Gap = 0x89,
    /// <summary>Fabric: a decision.</summary>
    CheckAnswer = 0x8A,
    /// <summary>Fabric: a slice of a quota.</summary>
    QuotaAnswer = 0x8B,
    /// <summary>Fabric: a signing key that was asked for.</summary>
    KeyAnswer = 0x8C,
    /// <summary>Fabric: usage was taken, or not.</summary>
    UsageAnswer = 0x8D,
    /// <summary>Fabric: the connection ends, with the reason.</summary>
    Closing = 0x8E,
    /// <summary>Fabric: denials that are not in the feed yet. They have no revision, are not acknowledged, and come again as records.</summary>
    Denials = 0x8F,
}
