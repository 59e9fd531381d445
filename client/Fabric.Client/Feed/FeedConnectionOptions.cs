namespace Fabric.Client.Feed;

/// <summary>How an enforcement point reaches the fabric.</summary>
public sealed record FeedConnectionOptions
{
    /// <summary>The fabric's addresses, `http`, `https`, `ws` or `wss`: one is used, the next one when it fails. At least one.</summary>
    public required IReadOnlyList<Uri> Addresses { get; init; }

    /// <summary>The API key, of role `enforcement_point`.</summary>
    public required string Secret { get; init; }

    /// <summary>How often the lease is renewed; null: four times in a write bound.</summary>
    public TimeSpan? RenewEvery { get; init; }

    /// <summary>How long a connection may take to stand.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The first pause before a new attempt; each further one doubles, with jitter, up to <see cref="BackoffMax"/>.</summary>
    public TimeSpan BackoffMin { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>The longest pause before a new attempt.</summary>
    public TimeSpan BackoffMax { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Throws <see cref="ArgumentException"/> for what is missing or out of range.</summary>
    internal void Validate()
    {
        Check(Addresses.Count > 0 && Addresses.All(address => address.IsAbsoluteUri && address.Scheme is "http" or "https" or "ws" or "wss"), nameof(Addresses));
        Check(Secret.Length > 0, nameof(Secret));
        Check(RenewEvery is null || RenewEvery >= TimeSpan.FromMilliseconds(10), nameof(RenewEvery));
        Check(BackoffMin > TimeSpan.Zero && BackoffMin <= BackoffMax, nameof(BackoffMin));
    }

    private static void Check(bool ok, string option)
    {
        if (!ok)
        {
            throw new ArgumentException($"the feed's option `{option}` is missing or out of range", option);
        }
    }
}
