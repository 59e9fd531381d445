namespace Fabric.Core.Common;

/// <summary>
/// How records name a caller: `ROLE:HOLDER`, where the holder is `SUBJECT@TENANT`, or `SUBJECT` for one that is bound to no tenant. Ids may hold `@`, so it is
/// escaped where it could be taken for the one in front of the tenant: one text never names two callers.
/// </summary>
public static class CallerText
{
    /// <summary>The role that runs the fabric, as records write it.</summary>
    public const string Operator = "operator";

    /// <summary>Whom records mean, whatever the role.</summary>
    public static string Holder(string? tenant, string subject) => tenant is null ? Escape(subject) : $"{subject}@{Escape(tenant)}";

    /// <summary>The holder in a caller's name.</summary>
    public static string HolderOf(string name) => name[(name.IndexOf(':', StringComparison.Ordinal) + 1)..];

    /// <summary>Whether a caller's name is an operator's.</summary>
    public static bool IsOperator(string name) => name.StartsWith($"{Operator}:", StringComparison.Ordinal);

    /// <summary>Whether a holder is bound to this tenant.</summary>
    public static bool IsOf(ReadOnlySpan<char> holder, string tenant)
    {
        var at = holder.LastIndexOf('@');
        return at >= 0 && holder[(at + 1)..].SequenceEqual(Escape(tenant));
    }

    private static string Escape(string id) => id.Replace("@", "%40", StringComparison.Ordinal);
}
