namespace Fabric.Grains.Wire;

/// <summary>Issues credentials of a session. <paramref name="Scopes"/> null: the session's.</summary>
[GenerateSerializer, Immutable, Alias("fabric.issue-command")]
public sealed record IssueCommand(
    [property: Id(0)] string By, [property: Id(1)] int Count, [property: Id(2)] long? LifetimeMs, [property: Id(3)] byte[]? Scopes,
    [property: Id(4)] string Audience, [property: Id(5)] long Sequence);
