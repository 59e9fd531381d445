using System.Text;
using Fabric.Core.Common;
using Fabric.Core.Quotas;

namespace Fabric.Core.Scopes;

/// <summary>What a single scope entry has to satisfy.</summary>
internal static class ScopeRules
{
    private const int EntryBytes = 72;
    private const int ConstraintsBytes = 160;
    private const int QuotaBytes = 60;

    /// <summary>Checks an entry and compiles its three patterns; null when it is valid.</summary>
    public static Rejection? Check(ScopeEntry? entry, int index, Span<Pattern> patterns)
    {
        if (entry is null || entry.Constraints is null || entry.Quotas is null)
        {
            return Invalid(index, "", "an entry has patterns, constraints and quotas");
        }

        return CheckPattern(entry.Tool, index, "tool", mayBeEmpty: false, ref patterns[0])
            ?? CheckPattern(entry.Action, index, "action", mayBeEmpty: false, ref patterns[1])
            ?? CheckPattern(entry.Resource, index, "resource", mayBeEmpty: true, ref patterns[2])
            ?? CheckConstraints(entry.Constraints, index)
            ?? CheckQuotas(entry.Quotas, index);
    }

    /// <summary>An upper bound of the bytes that the entry takes in a token's `authorization_details`.</summary>
    public static int TokenBytes(ScopeEntry entry)
    {
        var bytes = EntryBytes + JsonBytes(entry.Tool) + JsonBytes(entry.Action) + JsonBytes(entry.Resource) + (QuotaBytes * entry.Quotas.Count);
        return entry.Constraints.Count == 0 ? bytes : bytes + ConstraintsBytes + (entry.Constraints.Environment?.Length ?? 0);
    }

    // Characters outside of ASCII may be written as `\uXXXX`.
    private static int JsonBytes(string text)
    {
        var bytes = 0;
        foreach (var c in text)
        {
            bytes += !char.IsAscii(c) ? 6 : c is '"' or '\\' ? 2 : 1;
        }

        return bytes;
    }

    private static Rejection? CheckPattern(string? text, int index, string field, bool mayBeEmpty, ref Pattern compiled)
    {
        if (text is null || (text.Length == 0 && !mayBeEmpty))
        {
            return Invalid(index, field, "the pattern is missing");
        }

        var pattern = Pattern.Parse(text);
        if (!pattern.IsOk)
        {
            return Invalid(index, field, pattern.Rejection.Detail);
        }

        compiled = pattern.Value;
        return null;
    }

    private static Rejection? CheckConstraints(ScopeConstraints constraints, int index)
    {
        if (constraints.MaxCalls is < 1 or > ScopeConstraints.CallsMax)
        {
            return Invalid(index, "max_calls", $"1 to {ScopeConstraints.CallsMax} calls");
        }

        if (constraints.Rate is { } rate
            && (rate.Calls is < 1 or > ScopeConstraints.CallsMax || rate.PerSeconds is < 1 or > ScopeConstraints.PerSecondsMax))
        {
            return Invalid(index, "rate", $"1 to {ScopeConstraints.CallsMax} calls per 1 to {ScopeConstraints.PerSecondsMax} seconds");
        }

        if (constraints.Environment is not null && !IdText.IsValid(constraints.Environment))
        {
            return Invalid(index, "environment", $"an environment has 1 to {IdText.LengthMax} letters, digits and `._-@:+`");
        }

        return constraints.NotAfter is { } end && (end.UnixMs < 0 || end > ScopeConstraints.NotAfterMax)
            ? Invalid(index, "not_after", "a moment of the years 1970 to 9999")
            : null;
    }

    private static Rejection? CheckQuotas(IReadOnlyList<QuotaRef> quotas, int index)
    {
        if (quotas.Count > ScopeSet.QuotasMax)
        {
            return Invalid(index, "quotas", $"an entry has at most {ScopeSet.QuotasMax} quotas");
        }

        for (var i = 0; i < quotas.Count; i++)
        {
            var quota = quotas[i];
            if (quota.Id.IsZero || quota.Limit is < 1 or > ScopeConstraints.CallsMax
                || quota.PeriodMs is < 0 or > ScopeConstraints.PerSecondsMax * 1000L)
            {
                return Invalid(index, "quotas", "a quota has an id, a limit and a period in their ranges");
            }

            for (var j = 0; j < i; j++)
            {
                if (quotas[j].Id == quota.Id)
                {
                    return Invalid(index, "quotas", "a quota is named once");
                }
            }
        }

        return null;
    }

    private static Rejection Invalid(int index, string field, string detail)
    {
        var subject = new StringBuilder("scopes[").Append(index).Append(']');
        if (field.Length > 0)
        {
            subject.Append('.').Append(field);
        }

        return new Rejection(Codes.ScopeInvalid, subject.ToString(), $"entry {index}: {detail}");
    }
}
