using Fabric.Core.Quotas;

namespace Fabric.Core.Checks;

/// <summary>
/// What would let a denied check be decided: a key to fetch (`token.key_unknown`), or a quota to take a slice of (`quota.slice_needed`).
/// Empty for every other answer.
/// </summary>
/// <param name="Kid">The key id that is not known. It comes from an unverified token.</param>
/// <param name="Quota">The quota that has no units here; `default`: none.</param>
public readonly record struct CheckNeed(string? Kid, QuotaRef Quota);
