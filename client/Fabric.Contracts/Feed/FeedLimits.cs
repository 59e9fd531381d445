namespace Fabric.Contracts.Feed;

/// <summary>The stated limits of the feed's protocol (B1). Past one, the receiver answers <see cref="ClosingFrame"/> and closes.</summary>
public static class FeedLimits
{
    /// <summary>The version that both ends must speak.</summary>
    public const byte ProtocolVersion = 1;

    /// <summary>The WebSocket subprotocol.</summary>
    public const string Subprotocol = "fabric.feed.v1";

    /// <summary>The path of the feed.</summary>
    public const string Path = "/v1/feed";

    /// <summary>Bytes of a frame, type included.</summary>
    public const int FrameBytesMax = 1024 * 1024;

    /// <summary>Bytes of a records frame or snapshot chunk as the host makes them: below the large-object heap's threshold.</summary>
    public const int BatchBytesMax = 64 * 1024;

    /// <summary>Bytes of an edge's or a tenant's id, a key id or a code.</summary>
    public const int NameBytesMax = 128;

    /// <summary>Bytes of a token in a check.</summary>
    public const int TokenBytesMax = 16 * 1024;

    /// <summary>Bytes of a tool, an action or a resource in a check.</summary>
    public const int CallBytesMax = 4 * 1024;

    /// <summary>Checks and other requests of one edge that wait for their answer; more are answered `limit.reached`.</summary>
    public const int RequestsInFlightMax = 1024;

    /// <summary>The longest read bound that an edge may declare as best effort, in milliseconds.</summary>
    public const uint BestEffortMsMax = 3_600_000;

    /// <summary>
    /// How long after an edge SENT a check its answer may still allow the call, in milliseconds, on the edge's monotonic clock. A lease of
    /// its own: a receipt counts it for every allow that the fabric has answered and the edge has not yet acknowledged past.
    /// </summary>
    public const int AnswerValidMs = 1_000;
}
