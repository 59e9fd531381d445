using System.Globalization;
using System.Text.Json;
using Fabric.Contracts.AuthZen;
using Fabric.Contracts.Checks;
using Fabric.Core.Common;

namespace Fabric.Silo.AuthZen;

/// <summary>
/// Makes calls of the fabric of AuthZEN's questions. Two kinds of fault: a question that is none by the standard (<see cref="Fault"/>, an error), and one that is well
/// formed and says nothing that the fabric could permit (<see cref="Read"/>, a denial).
/// </summary>
internal static class AccessReader
{
    /// <summary>The type of a resource whose id is the fabric's resource text itself.</summary>
    public const string PlainResource = "resource";

    public const string Credential = "credential";
    public const string Session = "session";
    public const string Agent = "agent";
    public const string User = "user";

    /// <summary>What of a question is missing or of another type than the standard says; null: nothing.</summary>
    public static Rejection? Fault(AccessEvaluation question) =>
        SubjectFault(question.Subject) ?? ActionFault(question.Action) ?? ResourceFault(question.Resource) ?? ObjectFault("context", question.Context);

    public static Rejection? SubjectFault(AccessSubject? subject, bool needsId = true) =>
        subject is null ? Missing("subject")
        : subject.Type is null ? Missing("subject.type")
        : needsId && subject.Id is null ? Missing("subject.id")
        : ObjectFault("subject.properties", subject.Properties);

    public static Rejection? ActionFault(AccessAction? action) =>
        action is null ? Missing("action")
        : action.Name is null ? Missing("action.name")
        : ObjectFault("action.properties", action.Properties);

    public static Rejection? ResourceFault(AccessResource? resource, bool needsId = true) =>
        resource is null ? Missing("resource")
        : resource.Type is null ? Missing("resource.type")
        : needsId && resource.Id is null ? Missing("resource.id")
        : ObjectFault("resource.properties", resource.Properties);

    public static Rejection? ObjectFault(string name, JsonElement? value) =>
        value is { } given && given.ValueKind is not (JsonValueKind.Object or JsonValueKind.Null) ? new Rejection(Codes.InvalidField, name, "must be an object") : null;

    /// <summary>The call of a question without <see cref="Fault"/>s, or the code it is denied with.</summary>
    public static Outcome<AccessCall> Read(AccessEvaluation question)
    {
        var (subject, context) = (question.Subject!, question.Context);
        var token = TokenOf(subject);
        var act = ActOf(question.Action!);
        var resource = ResourceOf(question.Resource!);
        var @class = ClassOf(question.Action!.Properties, context);
        var tenant = Text(subject.Properties, "subject.properties", "tenant");
        var environment = Text(context, "context", "environment");
        var audience = Text(context, "context", "audience");
        var least = RevisionOf(context);
        if ((token.Rejection ?? act.Rejection ?? resource.Rejection ?? @class.Rejection ?? tenant.Rejection ?? environment.Rejection ?? audience.Rejection
            ?? least.Rejection) is { } fault)
        {
            return fault;
        }
        return new AccessCall(
            new CheckRequest(
                token.Value.Token, act.Value.Tool, act.Value.Action, resource.Value, @class.Value, environment.Value, least.Value, tenant.Value, audience.Value),
            subject.Type!, token.Value.ExpectedId);
    }

    /// <summary>The token that a subject presents, and the id that the token must be of; no id when the token itself stands in its place.</summary>
    public static Outcome<(string Token, string? ExpectedId)> TokenOf(AccessSubject subject)
    {
        if (subject.Type is not (Credential or Session or Agent or User))
        {
            return new Rejection(Codes.InvalidField, "subject.type", $"a subject is a `{Credential}`, `{Session}`, `{Agent}` or `{User}`");
        }
        var given = Text(subject.Properties, "subject.properties", "token");
        return !given.IsOk ? given.Rejection
            : given.Value is { } token ? (token, subject.Id)
            : subject.Type == Credential ? (subject.Id!, null)
            : new Rejection(Codes.SubjectUnproven, "subject.properties.token", "a name alone proves nothing: the token is needed");
    }

    /// <summary>Tool and action: `TOOL:ACTION`, split at the last colon, or the tool apart.</summary>
    public static Outcome<(string Tool, string Action)> ActOf(AccessAction action)
    {
        var tool = Text(action.Properties, "action.properties", "tool");
        if (!tool.IsOk || tool.Value is not null)
        {
            return tool.IsOk ? (tool.Value!, action.Name!) : tool.Rejection;
        }
        var colon = action.Name!.LastIndexOf(':');
        return colon > 0 && colon < action.Name.Length - 1
            ? (action.Name[..colon], action.Name[(colon + 1)..])
            : new Rejection(Codes.InvalidField, "action.name", "write it as `TOOL:ACTION`, or name the tool in `action.properties.tool`");
    }

    /// <summary>The resource's text. A type with a slash is refused: `a/b` + `c` and `a` + `b/c` are not the same resource.</summary>
    public static Outcome<string> ResourceOf(AccessResource resource) => Prefix(resource.Type!) is { IsOk: true } prefix ? prefix.Value + resource.Id : Prefix(resource.Type!).Rejection!;

    /// <summary>What the texts of all resources of a type begin with.</summary>
    public static Outcome<string> Prefix(string type) =>
        type == PlainResource ? ""
        : type.Length == 0 || type.Contains('/', StringComparison.Ordinal) ? new Rejection(Codes.InvalidField, "resource.type", "a type is not empty and has no slash")
        : type + "/";

    /// <summary>The class, from the action or the context; null: not stated, which counts as destructive.</summary>
    public static Outcome<string?> ClassOf(JsonElement? action, JsonElement? context)
    {
        var (own, around) = (Text(action, "action.properties", "class"), Text(context, "context", "class"));
        return (own.Rejection ?? around.Rejection) is { } fault ? fault
            : own.Value is not null && around.Value is not null && own.Value != around.Value
                ? new Rejection(Codes.InvalidField, "context.class", "action and context name different classes")
            : Outcome<string?>.Of(own.Value ?? around.Value);
    }

    /// <summary>A text in an object that may not be there; null when it is not.</summary>
    public static Outcome<string?> Text(JsonElement? within, string path, string name) =>
        within is not { ValueKind: JsonValueKind.Object } given || !given.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null
            ? Outcome<string?>.Of(null)
        : value.ValueKind != JsonValueKind.String ? new Rejection(Codes.InvalidField, $"{path}.{name}", "must be a string")
        : TryGetString(value) is { } text ? Outcome<string?>.Of(text)
        : new Rejection(Codes.InvalidField, $"{path}.{name}", "must be valid Unicode");

    private static Outcome<ulong?> RevisionOf(JsonElement? context) =>
        context is not { ValueKind: JsonValueKind.Object } given || !given.TryGetProperty("min_revision", out var value) || value.ValueKind == JsonValueKind.Null
            ? Outcome<ulong?>.Of(null)
        : value.ValueKind == JsonValueKind.Number && value.TryGetUInt64(out var number) ? Outcome<ulong?>.Of(number)
        : value.ValueKind == JsonValueKind.String && ulong.TryParse(TryGetString(value), NumberStyles.None, CultureInfo.InvariantCulture, out var text) ? Outcome<ulong?>.Of(text)
        : new Rejection(Codes.InvalidField, "context.min_revision", "must be a revision");

    // Unpaired surrogates pass the tokenizer inside an element and fail here.
    private static string? TryGetString(JsonElement value)
    {
        try
        {
            return value.GetString();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    private static Rejection Missing(string name) => new(Codes.InvalidField, name, "is required");
}
