namespace Fabric.Contracts.Health;

/// <summary>The fabric's state. <paramref name="Status"/>: `green`; `red` while a part is not well or the fabric is not ready yet; `yellow` while a part is not well that stops nothing and nobody.</summary>
public sealed record HealthInfo(string Status, bool Ready, IReadOnlyList<HealthPartInfo> Parts);

/// <summary>One part's state; <paramref name="Reason"/> says what is wrong.</summary>
public sealed record HealthPartInfo(string Name, bool Ok, string? Reason);
