using Fabric.Core.Tokens;

namespace Fabric.Core.Checks;

/// <summary>
/// What a check answers: allowed, or denied with a code (<see cref="Common.Codes"/>), always with the revision and the staleness it was decided at.
/// </summary>
/// <param name="Allowed">Whether the call may be made.</param>
/// <param name="Code">Why not; null when allowed.</param>
/// <param name="Revision">The feed position that the view had.</param>
/// <param name="StalenessMs">Milliseconds since the moment from which the view is known to be whole; 0 at the fabric itself.</param>
/// <param name="BestEffort">Allowed past the strict read bound, because the enforcement point opted in.</param>
/// <param name="Claims">Who acts, for a token whose signature verified; else null.</param>
public readonly record struct Decision(bool Allowed, string? Code, ulong Revision, long StalenessMs, bool BestEffort, TokenClaims? Claims);
