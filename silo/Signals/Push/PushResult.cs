namespace Fabric.Silo.Signals.Push;

/// <summary>What came of an attempt. <paramref name="IsFinal"/>: the receiver says that the event itself is none that it will ever take.</summary>
internal readonly record struct PushResult(PushFailure? Failure, bool IsFinal)
{
    /// <summary>The receiver has taken the event: it answered 202, and nothing else counts (RFC 8935 section 2.2).</summary>
    public bool IsDelivered => Failure is null;
}
