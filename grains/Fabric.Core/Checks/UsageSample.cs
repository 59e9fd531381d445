using Fabric.Core.Common;
using Fabric.Core.Tokens;

namespace Fabric.Core.Checks;

/// <summary>Calls of one credential on one tool, action and resource with one outcome. <paramref name="Code"/> null: allowed.</summary>
public readonly record struct UsageSample(
    TokenClaims Claims, string Tool, string Action, string Resource, string? Code, bool BestEffort, long Count, Instant FirstAt, Instant LastAt,
    ulong Revision);
