using System.Text.Json;
using Fabric.Core.Common;

namespace Fabric.Silo.Scim;

/// <summary>Reads a user as an identity provider sends it whole (RFC 7643 section 4.1). What the fabric has no use for is passed over and not kept.</summary>
internal static class ScimResource
{
    /// <summary>The most characters of an `externalId` (B1).</summary>
    public const int ExternalIdCharsMax = 256;

    public const string UserSchema = "urn:ietf:params:scim:schemas:core:2.0:User";

    /// <summary>What a whole user says. `userName` is required.</summary>
    public static Outcome<ScimChange> Read(JsonElement body)
    {
        if (!ScimJson.TryGet(body, "schemas", out var schemas) || schemas.ValueKind != JsonValueKind.Array
            || !schemas.EnumerateArray().Any(each => each.ValueKind == JsonValueKind.String && string.Equals(each.GetString(), UserSchema, StringComparison.OrdinalIgnoreCase)))
        {
            return new Rejection(ScimErrors.InvalidSyntax, "schemas", $"`schemas` has `{UserSchema}`");
        }
        var read = Merge(new ScimChange(), body);
        return read.IsOk && read.Value.UserName is null ? new Rejection(ScimErrors.InvalidValue, "userName", "`userName` is required") : read;
    }

    /// <summary>A change with what a set of attributes says beside it.</summary>
    public static Outcome<ScimChange> Merge(ScimChange change, JsonElement attributes)
    {
        var (userName, externalId, displayName) = (ScimJson.Text(attributes, "userName"), ScimJson.Text(attributes, "externalId"), NameOf(attributes));
        if ((userName.Rejection ?? externalId.Rejection ?? displayName.Rejection ?? CheckExternalId(externalId.IsOk ? externalId.Value : null)) is { } bad)
        {
            return bad;
        }
        if (ScimJson.TryGet(attributes, "active", out var active) && active.ValueKind != JsonValueKind.Null)
        {
            var flag = ScimJson.Flag(active, "active");
            if (!flag.IsOk)
            {
                return flag.Rejection;
            }
            change = change with { Active = Both(change.Active, flag.Value) };
        }
        return change with { UserName = userName.Value ?? change.UserName, ExternalId = externalId.Value ?? change.ExternalId, Name = displayName.Value ?? change.Name };
    }

    /// <summary>Null: it may be an `externalId`.</summary>
    public static Rejection? CheckExternalId(string? value) => value is null || (value.Length is > 0 and <= ExternalIdCharsMax && PlainText.Is(value))
        ? null
        : new Rejection(ScimErrors.InvalidValue, "externalId", $"`externalId` has 1 to {ExternalIdCharsMax} plain characters");

    /// <summary>What two words about `active` in one request are together: who is ended by one of them is ended.</summary>
    public static bool Both(bool? before, bool now) => before is not false && now;

    // A name for people: `displayName`, else what `name` has.
    private static Outcome<string?> NameOf(JsonElement attributes)
    {
        var display = ScimJson.Text(attributes, "displayName");
        if (!display.IsOk || !string.IsNullOrWhiteSpace(display.Value) || !ScimJson.TryGet(attributes, "name", out var name) || name.ValueKind != JsonValueKind.Object)
        {
            return display.IsOk && string.IsNullOrWhiteSpace(display.Value) ? (Outcome<string?>)(string?)null : display;
        }
        var (formatted, given, family) = (ScimJson.Text(name, "formatted"), ScimJson.Text(name, "givenName"), ScimJson.Text(name, "familyName"));
        if ((formatted.Rejection ?? given.Rejection ?? family.Rejection) is { } bad)
        {
            return bad;
        }
        var whole = !string.IsNullOrWhiteSpace(formatted.Value) ? formatted.Value : $"{given.Value} {family.Value}".Trim();
        return (Outcome<string?>)(whole.Length == 0 ? null : whole);
    }
}
