namespace Fabric.Grains.Wire;

/// <summary>A slice, or a refusal.</summary>
[GenerateSerializer, Immutable, Alias("fabric.quota-reply")]
public readonly record struct QuotaReply(
    [property: Id(0)] string? Code, [property: Id(1)] string? Detail, [property: Id(2)] long Units, [property: Id(3)] long ValidForMs,
    [property: Id(4)] long Window);
