using System.Globalization;
using Fabric.Contracts.Common;

namespace Fabric.Silo.Pages;

/// <summary>What several pages show in the same way.</summary>
internal static class PageForm
{
    /// <summary>A hidden field.</summary>
    public static Markup Hidden(string name, string value) => Markup.Of($"<input type=\"hidden\" name=\"{name}\" value=\"{value}\">");

    /// <summary>Yes and no. The no comes first for nobody who only presses return: both are buttons of their own.</summary>
    public static Markup Decision { get; } = Markup.Of(
        $"<div class=\"row\"><button class=\"go\" name=\"decision\" value=\"approve\">Approve</button><button class=\"no\" name=\"decision\" value=\"deny\">Deny</button></div>");

    /// <summary>A name and what it stands for.</summary>
    public static Markup Term(string name, string value) => Markup.Of($"<dt>{name}</dt><dd>{value}</dd>");

    /// <summary>Each thing that may be done, with its limits.</summary>
    public static Markup Scopes(IReadOnlyList<ScopeDto> scopes) => Markup.Of($"<ul>{Markup.Join(scopes.Select(Scope))}</ul>");

    /// <summary>A moment, for a reader anywhere.</summary>
    public static string Moment(DateTimeOffset moment) => moment.ToUniversalTime().ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture);

    /// <summary>A span, in the two largest units that it has.</summary>
    public static string Span(TimeSpan span)
    {
        (long Count, string Name)[] units = [((long)span.TotalDays, "day"), (span.Hours, "hour"), (span.Minutes, "minute"), (span.Seconds, "second")];
        var said = units.SkipWhile(unit => unit.Count == 0).Take(2).Where(unit => unit.Count > 0).Select(unit => $"{unit.Count} {unit.Name}{(unit.Count == 1 ? "" : "s")}");
        return string.Join(" ", said) is { Length: > 0 } text ? text : "0 seconds";
    }

    private static Markup Scope(ScopeDto scope) => Markup.Of(
        $"<li>{Everything("tool", "any tool", scope.Tool)}, {Everything("action", "any action", scope.Action)}, {Everything("resource", "any resource", scope.Resource)}{Limits(scope)}</li>");

    private static Markup Everything(string what, string all, string pattern) =>
        pattern == "*" ? Markup.Of($"<strong>{all}</strong>") : Markup.Of($"{what} <code>{pattern}</code>");

    private static Markup Limits(ScopeDto scope)
    {
        var limits = new List<string>();
        if (scope.ReadOnly)
        {
            limits.Add("reading only");
        }
        if (scope.MaxCalls is { } calls)
        {
            limits.Add($"at most {calls} calls");
        }
        if (scope.Rate is { } rate)
        {
            limits.Add($"at most {rate.Calls} calls in {Span(TimeSpan.FromSeconds(rate.PerSeconds))}");
        }
        if (scope.Environment is { } environment)
        {
            limits.Add($"in the environment {environment} only");
        }
        if (scope.NotAfter is { } end)
        {
            limits.Add($"until {Moment(end)}");
        }
        return limits.Count == 0 ? Markup.Empty : Markup.Of($"<br><span class=\"soft\">{string.Join(", ", limits)}</span>");
    }
}
