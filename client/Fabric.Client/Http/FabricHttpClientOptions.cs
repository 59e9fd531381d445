namespace Fabric.Client.Http;

/// <summary>Where the fabric is and as whom it is called.</summary>
public sealed record FabricHttpClientOptions
{
    /// <summary>Base addresses, the preferred one first, e.g. `https://fabric.example:5080`. At least one.</summary>
    public required IReadOnlyList<Uri> Addresses { get; init; }

    /// <summary>An API key or an agent's secret; null: only what is open to all.</summary>
    public string? Secret { get; init; }

    /// <summary>How long one address has to answer one call. Default 100 s, since a revocation may wait 60 s for its confirmation.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(100);

    /// <summary>The longest wait before a broken watch connects again; the first is 100 ms, and each doubles. Default 5 s.</summary>
    public TimeSpan WatchRetryMax { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The clock of time-outs and waits.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <inheritdoc/>
    /// <remarks>Leaves the secret out.</remarks>
    public override string ToString() => $"FabricHttpClientOptions {{ Addresses = {string.Join(' ', Addresses)} }}";
}
