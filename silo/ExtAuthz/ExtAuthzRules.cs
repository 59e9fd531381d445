using Fabric.Core.Common;

namespace Fabric.Silo.ExtAuthz;

/// <summary>All rules, in order.</summary>
internal sealed class ExtAuthzRules
{
    private const int RulesMax = 1_000;

    private readonly ExtAuthzRule[] _rules;

    private ExtAuthzRules(ExtAuthzRule[] rules) => _rules = rules;

    /// <summary>The rules of settings that hold. Throws <see cref="ArgumentException"/> for others.</summary>
    public static ExtAuthzRules Of(ExtAuthzSettings settings)
    {
        var faults = new List<string>();
        var rules = Read(settings, (holds, name, rule) => faults.AddRange(holds ? [] : [$"`{name}`: {rule}"]));
        return faults.Count == 0 ? rules : throw new ArgumentException(string.Join("; ", faults), nameof(settings));
    }

    /// <summary>Tells what is wrong with settings.</summary>
    public static void Check(ExtAuthzSettings settings, Action<bool, string, string> need) => Read(settings, need);

    /// <summary>The first rule of a request; null: none has it.</summary>
    public ExtAuthzRule? Find(string method, OriginalTarget target)
    {
        foreach (var rule in _rules)
        {
            if (rule.Matches(method, target))
            {
                return rule;
            }
        }
        return null;
    }

    private static ExtAuthzRules Read(ExtAuthzSettings settings, Action<bool, string, string> need)
    {
        need(IsHeader(settings.TokenHeader), "TokenHeader", "the name of a header");
        need(IsHeader(settings.MethodHeader), "MethodHeader", "the name of a header");
        need(IsHeader(settings.UriHeader), "UriHeader", "the name of a header");
        need(
            new[] { settings.TokenHeader, settings.MethodHeader, settings.UriHeader }.Distinct(StringComparer.OrdinalIgnoreCase).Count() == 3, "TokenHeader",
            "three different headers");
        need(settings.Tenant is null || Names.CheckId("tenant", settings.Tenant) is null, "Tenant", "a tenant's id");
        need(settings.Rules.Count <= RulesMax, "Rules", $"at most {RulesMax} rules");
        var rules = new List<ExtAuthzRule>();
        for (var i = 0; i < Math.Min(settings.Rules.Count, RulesMax); i++)
        {
            var name = $"Rules:{i}";
            if (ExtAuthzRule.Read(settings.Rules[i], (holds, field, rule) => need(holds, $"{name}:{field}", rule)) is { } read)
            {
                rules.Add(read);
            }
        }
        return new ExtAuthzRules([.. rules]);
    }

    private static bool IsHeader(string name) => name.Length is >= 1 and <= 64 && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_');
}
