namespace Fabric.Silo.Api;

/// <summary>Endpoint metadata: a request lasts, so the caller's secret is asked about again while it does (<see cref="Guard"/>).</summary>
internal sealed record LongLived;
