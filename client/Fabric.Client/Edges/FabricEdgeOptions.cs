using Fabric.Core.Checks;
using Fabric.Core.Leases;

namespace Fabric.Client.Edges;

/// <summary>The options of an enforcement point, with their bounds. Read once, at the start.</summary>
public sealed class FabricEdgeOptions
{
    /// <summary>How records and receipts name this enforcement point. 1 to 100 characters. Default: the machine's name.</summary>
    public string Name { get; set; } = System.Environment.MachineName;

    /// <summary>The tenant that is guarded: a token's lineage must contain it (T1). Default: none, every tenant's tokens are decided by their scopes.</summary>
    public string? Tenant { get; set; }

    /// <summary>What a token's `aud` must be. Default: not compared.</summary>
    public string? Audience { get; set; }

    /// <summary>
    /// How callers address this process, as `https://HOST[:PORT]`: what a proof of a key must be for (`htu`, RFC 9449). Default: what each request says of itself, which
    /// is only as sure as its `Host` header is.
    /// </summary>
    public Uri? Origin { get; set; }

    /// <summary>The environment that calls are made in, for `environment` constraints. Default: not stated, which no such constraint admits.</summary>
    public string? Environment { get; set; }

    /// <summary>How old a lease may be for a read. Above 0, at most 5 s (default): only tightens.</summary>
    public TimeSpan ReadBound { get; set; } = ClassBounds.ReadMax;

    /// <summary>How old a lease may be for a write. Above 0, at most 1 s (default): only tightens.</summary>
    public TimeSpan WriteBound { get; set; } = ClassBounds.WriteMax;

    /// <summary>
    /// A longer bound for reads while the fabric is away, at most an hour; each use is marked in every record. The fabric serves it only to a key that an
    /// operator granted that much (else `feed.best_effort_refused`). Default: null, `strict`.
    /// </summary>
    public TimeSpan? BestEffort { get; set; }

    /// <summary>Verified tokens that are remembered, 1 to 10,000,000. Default 200,000.</summary>
    public int TokensMax { get; set; } = CheckLimits.Default.TokensMax;

    /// <summary>Bytes that they may take, about: 1 MiB to 64 GiB. Default 256 MiB.</summary>
    public long TokenBytesMax { get; set; } = CheckLimits.Default.TokenBytesMax;

    /// <summary>Lines of usage that may wait for the fabric; past it calls are denied `audit.spool_full`. 1 to 10,000,000. Default 250,000.</summary>
    public int UsageLinesMax { get; set; } = UsageWindow.DefaultLinesMax;

    /// <summary>
    /// How often usage is delivered and idle quota units go back. 100 ms to a minute. Default 1 s. With over 2,000 lines a second to deliver it is
    /// done less often, at least every 20 s: the same calls are then counted in fewer, longer windows.
    /// </summary>
    public TimeSpan FlushInterval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Calls that may be in flight at once; past it `Begin` denies with `limit.reached`. 1 to 1,000,000. Default 100,000.</summary>
    public int CallsInFlightMax { get; set; } = 100_000;

    /// <summary>How long an asynchronous check may take in all, unless it says otherwise. 1 ms to a minute. Default 2 s.</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(2);

    internal CheckRules Rules => new(
        Tenant, default, Audience, Environment, (long)ReadBound.TotalMilliseconds, (long)WriteBound.TotalMilliseconds, (long)(BestEffort?.TotalMilliseconds ?? 0));

    internal CheckLimits Limits => new(TokensMax, TokenBytesMax);

    /// <summary>Throws <see cref="ArgumentException"/> that names the first option that is out of its bounds.</summary>
    public void Validate()
    {
        Require(Name is { Length: >= 1 and <= 100 }, nameof(Name));
        Require(Tenant is null or { Length: >= 1 and <= 128 }, nameof(Tenant));
        Require(Audience is null or { Length: >= 1 and <= 256 }, nameof(Audience));
        Require(Origin is null || (Origin.IsAbsoluteUri && Origin.Scheme is "http" or "https" && Origin.PathAndQuery == "/" && Origin.UserInfo.Length == 0 && Origin.Fragment.Length == 0), nameof(Origin));
        Require(Environment is null or { Length: >= 1 and <= 128 }, nameof(Environment));
        Require(ReadBound > TimeSpan.Zero && ReadBound <= ClassBounds.ReadMax, nameof(ReadBound));
        Require(WriteBound > TimeSpan.Zero && WriteBound <= ClassBounds.WriteMax, nameof(WriteBound));
        Require(BestEffort is null || (BestEffort > TimeSpan.Zero && BestEffort <= ClassBounds.BestEffortReadMax), nameof(BestEffort));
        Require(TokensMax is >= 1 and <= CheckLimits.TokensMost, nameof(TokensMax));
        Require(TokenBytesMax is >= 1L << 20 and <= 1L << 36, nameof(TokenBytesMax));
        Require(UsageLinesMax is >= 1 and <= 10_000_000, nameof(UsageLinesMax));
        Require(FlushInterval >= TimeSpan.FromMilliseconds(100) && FlushInterval <= TimeSpan.FromMinutes(1), nameof(FlushInterval));
        Require(CallsInFlightMax is >= 1 and <= 1_000_000, nameof(CallsInFlightMax));
        Require(Timeout >= TimeSpan.FromMilliseconds(1) && Timeout <= TimeSpan.FromMinutes(1), nameof(Timeout));
    }

    private static void Require(bool ok, string option)
    {
        if (!ok)
        {
            throw new ArgumentException($"the enforcement point's option `{option}` is out of its bounds", option);
        }
    }
}
