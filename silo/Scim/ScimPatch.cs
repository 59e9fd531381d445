using System.Text.Json;
using Fabric.Core.Common;

namespace Fabric.Silo.Scim;

/// <summary>
/// Reads a patch (RFC 7644 section 3.5.2), in the forms that identity providers send: operations in any case, `active` as a text, attributes in a value without a path.
/// </summary>
internal static class ScimPatch
{
    /// <summary>The most operations (B1).</summary>
    public const int OperationsMax = 100;

    private const string Schema = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
    private const string Extension = "urn:";

    // Attributes of a user (RFC 7643 section 4.1) that the fabric has no use for: what is said about them changes nothing, and fails nothing.
    private static readonly string[] PassedOver =
    [
        "name", "nickName", "profileUrl", "title", "userType", "preferredLanguage", "locale", "timezone", "password", "emails", "phoneNumbers", "ims", "photos", "addresses", "entitlements", "roles",
        "x509Certificates",
    ];

    /// <summary>What all operations make together: all of them count, or none.</summary>
    public static Outcome<ScimChange> Read(JsonElement body)
    {
        if (!ScimJson.TryGet(body, "schemas", out var schemas) || schemas.ValueKind != JsonValueKind.Array
            || !schemas.EnumerateArray().Any(each => each.ValueKind == JsonValueKind.String && string.Equals(each.GetString(), Schema, StringComparison.OrdinalIgnoreCase)))
        {
            return new Rejection(ScimErrors.InvalidSyntax, "schemas", $"`schemas` has `{Schema}`");
        }
        if (!ScimJson.TryGet(body, "Operations", out var operations) || operations.ValueKind != JsonValueKind.Array || operations.GetArrayLength() is 0 or > OperationsMax)
        {
            return new Rejection(ScimErrors.InvalidSyntax, "Operations", $"`Operations` is a list of 1 to {OperationsMax}");
        }
        var change = Outcome<ScimChange>.Of(new ScimChange());
        foreach (var operation in operations.EnumerateArray())
        {
            change = change.IsOk ? Add(change.Value, operation) : change;
        }
        return change;
    }

    private static Outcome<ScimChange> Add(ScimChange change, JsonElement operation)
    {
        var (op, path) = (ScimJson.Text(operation, "op"), ScimJson.Text(operation, "path"));
        if ((op.Rejection ?? path.Rejection) is { } bad)
        {
            return bad;
        }
        var hasValue = ScimJson.TryGet(operation, "value", out var value);
        return op.Value?.ToLowerInvariant() switch
        {
            "remove" => path.Value is { Length: > 0 } target ? Remove(change, AttributeOf(target)) : new Rejection(ScimErrors.NoTarget, "path", "what is to be removed must be named"),
            "add" or "replace" when !hasValue => new Rejection(ScimErrors.InvalidValue, "value", "a value is required"),
            "add" or "replace" when string.IsNullOrEmpty(path.Value) => SetAll(change, value),
            "add" or "replace" => Set(change, AttributeOf(path.Value), value),
            _ => new Rejection(ScimErrors.InvalidSyntax, "op", "an operation is `add`, `remove` or `replace`"),
        };
    }

    // Members may themselves be paths, as in `{"name.givenName":"Jane"}`.
    private static Outcome<ScimChange> SetAll(ScimChange change, JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Object)
        {
            return new Rejection(ScimErrors.InvalidValue, "value", "without a path the value is an object of attributes");
        }
        var set = Outcome<ScimChange>.Of(change);
        foreach (var member in value.EnumerateObject())
        {
            set = set.IsOk ? Set(set.Value, AttributeOf(member.Name), member.Value) : set;
        }
        return set;
    }

    private static Outcome<ScimChange> Set(ScimChange change, string attribute, JsonElement value)
    {
        switch (attribute.ToLowerInvariant())
        {
            case "externalid" or "displayname" or "name.formatted" when value.ValueKind == JsonValueKind.Null:
                return Remove(change, attribute);
            case "active":
                var flag = ScimJson.Flag(value, "active");
                return flag.IsOk ? change with { Active = ScimResource.Both(change.Active, flag.Value) } : flag.Rejection;
            case "username":
                var userName = ScimJson.TextOf(value, "userName");
                return userName.IsOk ? change with { UserName = userName.Value } : userName.Rejection;
            case "externalid":
                var externalId = ScimJson.TextOf(value, "externalId");
                return (externalId.Rejection ?? ScimResource.CheckExternalId(externalId.IsOk ? externalId.Value : null)) is { } bad
                    ? bad
                    : change with { ExternalId = externalId.Value, ForgetsExternalId = false };
            case "displayname" or "name.formatted":
                var name = ScimJson.TextOf(value, "displayName");
                return name.IsOk ? change with { Name = name.Value, ForgetsName = false } : name.Rejection;
            default:
                return PassOver(change, attribute);
        }
    }

    private static Outcome<ScimChange> Remove(ScimChange change, string attribute) => attribute.ToLowerInvariant() switch
    {
        "externalid" => change with { ExternalId = null, ForgetsExternalId = true },
        "displayname" or "name.formatted" => change with { Name = null, ForgetsName = true },
        "active" or "username" or "id" => new Rejection(ScimErrors.Mutability, "path", $"`{attribute}` is not taken away"),
        _ => PassOver(change, attribute),
    };

    private static Outcome<ScimChange> PassOver(ScimChange change, string attribute)
    {
        var first = attribute.Split('.', '[')[0];
        return first is "id" or "meta" or "groups" || attribute.StartsWith(Extension, StringComparison.OrdinalIgnoreCase) || PassedOver.Contains(first, StringComparer.OrdinalIgnoreCase)
            ? change
            : new Rejection(ScimErrors.InvalidPath, "path", "a user has no such attribute");
    }

    // The schema may stand before the attribute (section 3.10).
    private static string AttributeOf(string path) =>
        path.StartsWith(ScimResource.UserSchema + ":", StringComparison.OrdinalIgnoreCase) ? path[(ScimResource.UserSchema.Length + 1)..] : path;
}
