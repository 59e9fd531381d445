using System.Text.Json.Nodes;

namespace Fabric.Silo.Scim;

/// <summary>What the service provider says of itself (RFC 7643 sections 5 to 7).</summary>
internal static class ScimDiscovery
{
    private const string Config = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig";
    private const string TypeSchema = "urn:ietf:params:scim:schemas:core:2.0:ResourceType";
    private const string SchemaSchema = "urn:ietf:params:scim:schemas:core:2.0:Schema";

    public static JsonObject Provider(string root) => new()
    {
        ["schemas"] = new JsonArray(Config),
        ["patch"] = Supported(true),
        ["bulk"] = new JsonObject { ["supported"] = false, ["maxOperations"] = 0, ["maxPayloadSize"] = 0 },
        ["filter"] = new JsonObject { ["supported"] = true, ["maxResults"] = ScimRoutes.CountMax },
        ["changePassword"] = Supported(false),
        ["sort"] = Supported(false),
        ["etag"] = Supported(false),
        ["authenticationSchemes"] = new JsonArray(new JsonObject
        {
            ["type"] = "oauthbearertoken", ["name"] = "API key", ["description"] = "An API key of role `provisioner`, as a bearer token", ["primary"] = true,
        }),
        ["meta"] = Meta("ServiceProviderConfig", $"{root}/ServiceProviderConfig"),
    };

    public static JsonObject UserType(string root) => new()
    {
        ["schemas"] = new JsonArray(TypeSchema), ["id"] = "User", ["name"] = "User", ["endpoint"] = "/Users", ["description"] = "A user of the tenant", ["schema"] = ScimResource.UserSchema,
        ["schemaExtensions"] = new JsonArray(), ["meta"] = Meta("ResourceType", $"{root}/ResourceTypes/User"),
    };

    public static JsonObject UserSchema(string root) => new()
    {
        ["schemas"] = new JsonArray(SchemaSchema), ["id"] = ScimResource.UserSchema, ["name"] = "User", ["description"] = "A user of the tenant",
        ["attributes"] = new JsonArray(
            Attribute("userName", "string", "immutable", "server", "The user's id: letters, digits and `._-@:+`, at most 128", isRequired: true),
            Attribute("displayName", "string", "readWrite", "none", "A name for people"),
            Attribute("active", "boolean", "readWrite", "none", "Whether the user has not ended. Once false it stays so: everything derived from the user is dead")),
        ["meta"] = Meta("Schema", $"{root}/Schemas/{ScimResource.UserSchema}"),
    };

    private static JsonObject Attribute(string name, string type, string mutability, string uniqueness, string description, bool isRequired = false) => new()
    {
        ["name"] = name, ["type"] = type, ["multiValued"] = false, ["description"] = description, ["required"] = isRequired, ["caseExact"] = false, ["mutability"] = mutability,
        ["returned"] = "default", ["uniqueness"] = uniqueness,
    };

    private static JsonObject Supported(bool isSupported) => new() { ["supported"] = isSupported };

    private static JsonObject Meta(string type, string location) => new() { ["resourceType"] = type, ["location"] = location };
}
