using System.Diagnostics.CodeAnalysis;

namespace Fabric.Core.Scopes;

/// <summary>
/// The answer of <see cref="ScopeSet.Match"/>: the entry that allows the call, or why none does. <paramref name="EntryIndex"/> of a denial is the
/// entry that came closest, or -1 when none names the call.
/// </summary>
public readonly record struct ScopeMatch(int EntryIndex, string? DenialCode)
{
    /// <summary>Whether an entry allows the call.</summary>
    [MemberNotNullWhen(false, nameof(DenialCode))]
    public bool IsAllowed => DenialCode is null;
}
