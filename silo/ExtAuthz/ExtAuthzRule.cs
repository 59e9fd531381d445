using Fabric.Contracts.Checks;
using Fabric.Core.Common;

namespace Fabric.Silo.ExtAuthz;

/// <summary>A rule, read and found well: which requests it is about, and the call that such a request is.</summary>
internal sealed class ExtAuthzRule
{
    private readonly string[]? _methods;
    private readonly PathTemplate _path;
    private readonly TextTemplate _tool;
    private readonly TextTemplate _action;
    private readonly TextTemplate? _resource;
    private readonly ExtAuthzRuleSettings _settings;

    private ExtAuthzRule(ExtAuthzRuleSettings settings, string[]? methods, PathTemplate path, TextTemplate tool, TextTemplate action, TextTemplate? resource) =>
        (_settings, _methods, _path, _tool, _action, _resource) = (settings, methods, path, tool, action, resource);

    /// <summary>Reads a rule; null when <paramref name="need"/> was told what is wrong: a name below the rule, and what to write.</summary>
    public static ExtAuthzRule? Read(ExtAuthzRuleSettings settings, Action<bool, string, string> need)
    {
        var (path, fault) = PathTemplate.Parse(settings.Path);
        need(path is not null, "Path", fault ?? "");
        var methods = settings.Methods == "*" ? null : settings.Methods.Split(',', StringSplitOptions.TrimEntries);
        var methodsHold = methods is null || (methods.Length <= 32 && Array.TrueForAll(methods, IsMethod));
        need(methodsHold, "Methods", "`*`, or methods in upper case separated by commas, e.g. `GET,HEAD`");
        var classHolds = settings.Class is "read" or "write" or "destructive";
        need(classHolds, "Class", "`read`, `write` or `destructive`");
        need(settings.Environment is null || Names.CheckId("environment", settings.Environment) is null, "Environment", "an id");
        need(settings.Audience is null || settings.Audience.Length is >= 1 and <= 256, "Audience", "1 to 256 characters");
        if (path is null)
        {
            return null;
        }
        var (tool, action) = (Text("Tool", settings.Tool), Text("Action", settings.Action));
        var resource = settings.Resource is null ? null : Text("Resource", settings.Resource, mayBeEmpty: true);
        return tool is null || action is null || (resource is null && settings.Resource is not null) || !methodsHold || !classHolds
            ? null
            : new ExtAuthzRule(settings, methods, path, tool, action, resource);

        TextTemplate? Text(string name, string text, bool mayBeEmpty = false)
        {
            var (template, wrong) = TextTemplate.Parse(text, path);
            var holds = template is not null && text.Length <= 256 && PlainText.Is(text) && (mayBeEmpty || text.Length > 0);
            need(holds, name, wrong ?? "a plain text of at most 256 characters");
            return holds ? template : null;
        }
    }

    /// <summary>Whether a request is one of this rule's.</summary>
    public bool Matches(string method, OriginalTarget target) => (_methods is null || Array.IndexOf(_methods, method) >= 0) && _path.Matches(target);

    /// <summary>The call that a request of this rule's is.</summary>
    public CheckRequest Call(string token, string method, OriginalTarget target) => new(
        token, _tool.Fill(method, target, _path), _action.Fill(method, target, _path), _resource?.Fill(method, target, _path) ?? target.From(0), _settings.Class,
        _settings.Environment, null, null, _settings.Audience);

    /// <summary>Whether a text is a method as rules name them.</summary>
    public static bool IsMethod(string text) => text.Length is >= 1 and <= 32 && !text.AsSpan().ContainsAnyExceptInRange('A', 'Z');
}
