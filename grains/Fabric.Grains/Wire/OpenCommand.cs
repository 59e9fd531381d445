namespace Fabric.Grains.Wire;

/// <summary>
/// Opens a session, or delegates a part of <paramref name="Parent"/>. <paramref name="Sequence"/>: what the caller's silo had applied, so that the deciding silo knows no less.
/// <paramref name="Credential"/>, with its scopes and its end: what it is delegated by; zero: by the session. <paramref name="Audience"/> and
/// <paramref name="ProofKey"/>: what its credentials are held to.
/// </summary>
[GenerateSerializer, Immutable, Alias("fabric.open-command")]
public sealed record OpenCommand(
    [property: Id(0)] string By, [property: Id(1)] string Tenant, [property: Id(2)] string Agent, [property: Id(3)] string? User,
    [property: Id(4)] string Purpose, [property: Id(5)] byte[] Scopes, [property: Id(6)] long? LifetimeMs, [property: Id(7)] bool RequireApproval,
    [property: Id(8)] UInt128 Parent, [property: Id(9)] long Sequence, [property: Id(10)] UInt128 Credential = default,
    [property: Id(11)] byte[]? CredentialScopes = null, [property: Id(12)] long CredentialEndMs = 0,
    [property: Id(13)] string? Audience = null, [property: Id(14)] string? ProofKey = null);
