using System.Collections.Concurrent;
using Fabric.Core.Checks;

namespace Fabric.Client.Edges;

/// <summary>What is demanded of calls that state an audience or a proven key of their own. One object for equal demands, since what a token has passed is remembered with it; at most <see cref="Max"/> (B1).</summary>
internal sealed class RulesOfCalls(CheckRules rules)
{
    /// <summary>The most that are kept; past it they are made anew.</summary>
    public const int Max = 10_000;

    private readonly ConcurrentDictionary<(string? Audience, string? ProofKey), CheckRules> _made = new();

    /// <summary>The demands of a call with these options.</summary>
    public CheckRules Of(CheckOptions? options)
    {
        if (options is null or { Audience: null, ProofKey: null })
        {
            return rules;
        }

        if (_made.Count >= Max)
        {
            _made.Clear();
        }

        return _made.GetOrAdd((options.Audience, options.ProofKey), key => rules with { Audience = key.Audience ?? rules.Audience, ProofKey = key.ProofKey });
    }
}
