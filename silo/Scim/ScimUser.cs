using System.Text.Json.Nodes;
using Fabric.Contracts.Users;
using Fabric.Engine.Notes;

namespace Fabric.Silo.Scim;

/// <summary>A user as SCIM has it. <paramref name="Note"/>: what the identity provider calls it; null: it has not said.</summary>
internal sealed record ScimUser(UserInfo Info, Note? Note)
{
    /// <summary>What `status` of a user is that has ended.</summary>
    public const string Ended = "offboarded";

    public bool IsEnded => Info.Status == Ended;

    /// <summary>Whether it is nobody to the provider: it has ended, and the provider has not said what it calls it.</summary>
    public bool IsNobody => IsEnded && Note is null;

    public string? ExternalId => Note?.Subject;

    /// <summary>The resource. <paramref name="users"/>: the address of all users.</summary>
    public JsonObject ToJson(string users)
    {
        var json = new JsonObject
        {
            ["schemas"] = new JsonArray(ScimResource.UserSchema), ["id"] = Info.Id, ["userName"] = Info.Id, ["displayName"] = Info.Name, ["active"] = !IsEnded,
            ["meta"] = new JsonObject
            {
                ["resourceType"] = "User", ["created"] = Info.CreatedAt.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", System.Globalization.CultureInfo.InvariantCulture),
                ["location"] = $"{users}/{Uri.EscapeDataString(Info.Id)}",
            },
        };
        if (ExternalId is { } external)
        {
            json["externalId"] = external;
        }
        return json;
    }
}
