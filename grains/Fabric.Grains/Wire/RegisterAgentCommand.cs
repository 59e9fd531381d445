namespace Fabric.Grains.Wire;

/// <summary>Registers an agent. <paramref name="Kind"/> is the number of an agent kind; <paramref name="ReviewMs"/> null: no review.</summary>
[GenerateSerializer, Immutable, Alias("fabric.register-agent")]
public sealed record RegisterAgentCommand(
    [property: Id(0)] string By, [property: Id(1)] byte Kind, [property: Id(2)] string? Name, [property: Id(3)] string? Owner,
    [property: Id(4)] string? Environment, [property: Id(5)] byte[] Ceiling, [property: Id(6)] long? ReviewMs, [property: Id(7)] bool RequireApproval,
    [property: Id(8)] byte[] SecretHash);
