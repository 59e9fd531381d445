using Fabric.Contracts.Common;
using Fabric.Core.Common;
using Fabric.Core.Scopes;

namespace Fabric.Engine.Wire;

/// <summary>Scopes between their wire form and the domain's.</summary>
public static class ScopeWire
{
    /// <summary>The set of a list of 1 to 64 scopes; refusals `scope.invalid`.</summary>
    public static Outcome<ScopeSet> Read(IReadOnlyList<ScopeDto>? scopes)
    {
        if (scopes is null || scopes.Count is 0 or > ScopeSet.EntriesMax)
        {
            return new Rejection(Codes.ScopeInvalid, "scopes", $"1 to {ScopeSet.EntriesMax} scopes are required");
        }

        var entries = new ScopeEntry[scopes.Count];
        for (var i = 0; i < entries.Length; i++)
        {
            if (scopes[i] is not { } scope)
            {
                return new Rejection(Codes.ScopeInvalid, $"scopes[{i}]", "a scope is an object");
            }

            entries[i] = new ScopeEntry(scope.Tool, scope.Action, scope.Resource, new ScopeConstraints(
                scope.ReadOnly, scope.MaxCalls, scope.Rate is { } rate ? new CallRate(rate.Calls, rate.PerSeconds) : null, scope.Environment,
                scope.NotAfter is { } notAfter ? Instant.From(notAfter) : null), []);
        }

        return ScopeSet.Create(entries);
    }

    /// <summary>The wire form of a set.</summary>
    public static IReadOnlyList<ScopeDto> Write(ScopeSet scopes)
    {
        var list = new ScopeDto[scopes.Entries.Length];
        for (var i = 0; i < list.Length; i++)
        {
            var (entry, constraints) = (scopes.Entries[i], scopes.Entries[i].Constraints);
            list[i] = new ScopeDto(
                entry.Tool, entry.Action, entry.Resource, constraints.ReadOnly, constraints.MaxCalls,
                constraints.Rate is { } rate ? new RateDto(rate.Calls, rate.PerSeconds) : null, constraints.Environment,
                constraints.NotAfter?.ToDateTimeOffset());
        }

        return list;
    }
}
