using Fabric.Contracts.Feed;

namespace Fabric.Client.Feed;

/// <summary>How an enforcement point reaches the fabric, and within which limits.</summary>
public sealed record FeedConnectionOptions
{
    /// <summary>The fabric's addresses, `http`, `https`, `ws` or `wss`: one is used, the next one when it fails. At least one.</summary>
    public required IReadOnlyList<Uri> Addresses { get; init; }

    /// <summary>The API key, of role `enforcement_point`.</summary>
    public required string Secret { get; init; }

    /// <summary>The edge's own name, 1 to 100 characters: receipts show it behind the key's subject.</summary>
    public string Edge { get; init; } = Environment.MachineName;

    /// <summary>The tenant that is guarded; null: all that the key may see.</summary>
    public string? Tenant { get; init; }

    /// <summary>How old a lease may be for calls of class read; null: as the fabric says. Only tightens.</summary>
    public TimeSpan? ReadBound { get; init; }

    /// <summary>How old a lease may be for calls of class write; null: as the fabric says. Only tightens.</summary>
    public TimeSpan? WriteBound { get; init; }

    /// <summary>A longer read bound, at most an hour, that this edge opts in to; null: strict.</summary>
    public TimeSpan? BestEffort { get; init; }

    /// <summary>How often the lease is renewed; null: four times in a write bound.</summary>
    public TimeSpan? RenewEvery { get; init; }

    /// <summary>How long a connection may take to stand.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a request (a quota, a key, usage) may wait for its answer. Checks wait for as long as an answer is good for.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The first pause before a new attempt; each further one doubles, with jitter, up to <see cref="BackoffMax"/>.</summary>
    public TimeSpan BackoffMin { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>The longest pause before a new attempt.</summary>
    public TimeSpan BackoffMax { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How often the lease is renewed.</summary>
    internal TimeSpan Renewal => RenewEvery ?? ((WriteBound ?? TimeSpan.FromSeconds(1)) / 4);

    /// <summary>Throws <see cref="ArgumentException"/> for what is missing or out of range.</summary>
    internal void Validate()
    {
        Check(Addresses.Count > 0 && Addresses.All(address => address.IsAbsoluteUri && address.Scheme is "http" or "https" or "ws" or "wss"), nameof(Addresses));
        Check(Secret.Length > 0, nameof(Secret));
        Check(Edge.Length is >= 1 and <= 100, nameof(Edge));
        Check(ReadBound is null || ReadBound > TimeSpan.Zero, nameof(ReadBound));
        Check(WriteBound is null || WriteBound > TimeSpan.Zero, nameof(WriteBound));
        Check(BestEffort is null || (BestEffort > TimeSpan.Zero && BestEffort <= TimeSpan.FromMilliseconds(FeedLimits.BestEffortMsMax)), nameof(BestEffort));
        Check(Renewal >= TimeSpan.FromMilliseconds(10), nameof(RenewEvery));
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
