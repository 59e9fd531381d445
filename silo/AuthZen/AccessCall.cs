using Fabric.Contracts.Checks;

namespace Fabric.Silo.AuthZen;

/// <summary>
/// A question of AuthZEN as a call of the fabric. <paramref name="ExpectedId"/>: the question names its subject beside the token, which must be that subject's.
/// </summary>
internal sealed record AccessCall(CheckRequest Check, string SubjectType, string? ExpectedId);
