namespace Fabric.Grains.Wire;

/// <summary>
/// Issues credentials of a session. <paramref name="Scopes"/> null: the session's. <paramref name="Tenant"/> and <paramref name="Agent"/>: whose session it has to be for the caller;
/// null: anybody's. <paramref name="IsAudienceAsked"/>: the audience was asked for, and is not just the fabric's own.
/// </summary>
[GenerateSerializer, Immutable, Alias("fabric.issue-command")]
public sealed record IssueCommand(
    [property: Id(0)] string By, [property: Id(1)] int Count, [property: Id(2)] long? LifetimeMs, [property: Id(3)] byte[]? Scopes,
    [property: Id(4)] string Audience, [property: Id(5)] long Sequence,
    [property: Id(6)] string? Tenant = null, [property: Id(7)] string? Agent = null, [property: Id(8)] string? ProofKey = null,
    [property: Id(9)] bool IsAudienceAsked = false);
