namespace Fabric.Silo.Signals.Push;

/// <summary>
/// Where a stream is pushed to (RFC 8935), and how that goes. <paramref name="SealedAuthorization"/>: the header `Authorization`, sealed; null: none. Immutable.
/// </summary>
internal sealed record PushDelivery(string EndpointUrl, string? SealedAuthorization)
{
    /// <summary>The wait after the first failure; doubled each time, up to <see cref="RetryMax"/>.</summary>
    public static readonly TimeSpan Retry = TimeSpan.FromSeconds(1);

    /// <inheritdoc cref="Retry"/>
    public static readonly TimeSpan RetryMax = TimeSpan.FromMinutes(5);

    /// <summary>Attempts that failed, one after the other.</summary>
    public int Failures { get; init; }

    /// <summary>Not before this is the next attempt made; null: at once.</summary>
    public DateTimeOffset? RetryAt { get; init; }

    /// <summary>When an event was taken last.</summary>
    public DateTimeOffset? DeliveredAt { get; init; }

    /// <summary>Events that the receiver has refused for good.</summary>
    public long Refused { get; init; }

    /// <summary>Why an event was not taken the last time that one was not.</summary>
    public PushFailure? Last { get; init; }

    /// <summary>Without the address, which may hold a secret, and the sealed one.</summary>
    public override string ToString() => $"{nameof(PushDelivery)} {{ Failures = {Failures} }}";

    /// <summary>After an event was taken.</summary>
    public PushDelivery Delivered(DateTimeOffset now) => this with { Failures = 0, RetryAt = null, DeliveredAt = now };

    /// <summary>After the receiver has said that it will never take an event.</summary>
    public PushDelivery RefusedBy(PushFailure failure) => this with { Failures = 0, RetryAt = null, Refused = Refused + 1, Last = failure };

    /// <summary>After an attempt that failed. <paramref name="spread"/>, 0 to 1, spreads those that failed together.</summary>
    public PushDelivery Failed(PushFailure failure, double spread) => this with
    {
        Failures = Failures + 1,
        Last = failure,
        RetryAt = failure.At + (TimeSpan.FromTicks(Math.Min(Retry.Ticks << Math.Min(Failures, 20), RetryMax.Ticks)) * (1 + (0.2 * spread))),
    };

    /// <summary>How long until the next attempt. A clock that was set back makes nobody wait longer than the longest wait.</summary>
    public TimeSpan WaitAt(DateTimeOffset now) => RetryAt is { } at && at > now && at - now <= RetryMax * 1.2 ? at - now : TimeSpan.Zero;
}
