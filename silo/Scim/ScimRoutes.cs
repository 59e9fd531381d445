using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Fabric.Core.Common;
using Fabric.Engine;
using Fabric.Silo.Api;
using Fabric.Silo.OAuth;

namespace Fabric.Silo.Scim;

/// <summary>SCIM 2.0 (RFC 7643, RFC 7644): an identity provider provisions a tenant's users, and ends them.</summary>
internal sealed class ScimRoutes
{
    /// <summary>The most users of one answer (B1).</summary>
    public const int CountMax = 200;

    private const int CountDefault = 100;
    private const string Tag = "SCIM";
    private const string Base = "/tenants/{t}/scim/v2";
    private const string Users = Base + "/Users";
    private const string One = Users + "/{u}";
    private const string ListSchema = "urn:ietf:params:scim:api:messages:2.0:ListResponse";

    private static readonly QueryField[] Shape =
    [
        new("attributes", "Passed over: all attributes are answered."), new("excludedAttributes", "Passed over: all attributes are answered."),
    ];

    private static readonly QueryField[] Listing =
    [
        new("filter", "`userName eq \"...\"` or `externalId eq \"...\"`."), new("startIndex", "The first user, from 1 on.", IsNumber: true),
        new("count", "At most so many, 0 to 200.", IsNumber: true), new("sortBy", "Passed over."), new("sortOrder", "Passed over."), .. Shape,
    ];

    private readonly ApiRoutes _routes;
    private readonly ScimUsers _users;
    private readonly Issuers _issuers;

    private ScimRoutes(ApiRoutes routes, IFabricEngine engine, TimeProvider time, Issuers issuers) => (_routes, _users, _issuers) = (routes, new ScimUsers(engine, time), issuers);

    public static void Map(ApiRoutes routes, IFabricEngine engine, TimeProvider time, Issuers issuers)
    {
        var scim = new ScimRoutes(routes, engine, time, issuers);
        scim.Add(HttpMethods.Get, Users, Listing, scim.ListAsync, "scimListUsers", "A tenant's users, or the one that a filter names.");
        scim.Add(HttpMethods.Get, One, Shape, scim.GetAsync, "scimGetUser", "A user.");
        scim.Add(HttpMethods.Post, Users, Shape, scim.CreateAsync, "scimCreateUser", "Registers a user.", StatusCodes.Status201Created);
        scim.Add(HttpMethods.Put, One, Shape, context => scim.ChangeAsync(context, ScimResource.Read, replaces: true), "scimReplaceUser", "Replaces a user's attributes; `active` false ends it for good.");
        scim.Add(HttpMethods.Patch, One, Shape, context => scim.ChangeAsync(context, ScimPatch.Read, replaces: false), "scimPatchUser", "Changes a user; `active` false ends it for good.");
        scim.Add(HttpMethods.Delete, One, [], scim.RemoveAsync, "scimDeleteUser", "Ends a user for good, and forgets what the provider called it.", StatusCodes.Status204NoContent);
        scim.AddStatic("/ServiceProviderConfig", ScimDiscovery.Provider, "scimProvider", "What this service provider supports.");
        scim.AddStatic("/ResourceTypes", root => List([ScimDiscovery.UserType(root)], 1, 1), "scimTypes", "The types of resources.");
        scim.AddStatic("/ResourceTypes/User", ScimDiscovery.UserType, "scimUserType", "The type of users.");
        scim.AddStatic("/Schemas", root => List([ScimDiscovery.UserSchema(root)], 1, 1), "scimSchemas", "The schemas.");
        scim.AddStatic("/Schemas/" + ScimResource.UserSchema, ScimDiscovery.UserSchema, "scimUserSchema", "The schema of users.");
    }

    private void Add(string method, string path, QueryField[] fields, Func<HttpContext, ValueTask<Outcome<JsonObject?>>> call, string name, string summary, int success = StatusCodes.Status200OK)
    {
        var endpoint = _routes.Map(method, path, success, success == StatusCodes.Status204NoContent ? typeof(void) : typeof(JsonElement), fields, async context =>
        {
            var request = _routes.RequestOf(context);
            var answer = request.UnknownQuery(fields) is { } unknown ? unknown : await call(context);
            if (!answer.IsOk)
            {
                JsonAnswer.Refuse(context, answer.Rejection);
            }
            else if (answer.Value is { } body)
            {
                ScimAnswer.Write(context, success, body);
            }
            else
            {
                context.Response.StatusCode = success;
            }
        }, ScimAnswer.MediaType);
        if (method is "POST" or "PUT" or "PATCH")
        {
            endpoint.WithMetadata(new Accepts(typeof(JsonElement), isOptional: false, judgesItself: true));
        }
        endpoint.WithMetadata(ScimErrors.Style).RequireRoles(RoleSets.Provisioners).Describe(Tag, name, summary);
    }

    private void AddStatic(string path, Func<string, JsonObject> make, string name, string summary) =>
        Add(HttpMethods.Get, Base + path, [], context => new(Outcome<JsonObject?>.Of(make(RootOf(context)))), name, summary);

    private string RootOf(HttpContext context) => $"{_issuers.Of(_routes.RequestOf(context).Tenant)}/scim/v2";

    private async ValueTask<Outcome<JsonObject?>> ListAsync(HttpContext context)
    {
        var request = _routes.RequestOf(context);
        var (start, count) = (NumberOf(request, "startIndex", 1), NumberOf(request, "count", CountDefault));
        if ((start.Rejection ?? count.Rejection) is { } bad)
        {
            return bad;
        }
        var (first, most) = (Math.Max(start.Value, 1), Math.Clamp(count.Value, 0, CountMax));
        if (request.Query("filter") is { } text)
        {
            var filter = ScimFilter.Parse(text);
            var found = filter.IsOk ? await _users.FindAsync(request.Fabric, request.Tenant, filter.Value, request.Cancellation) : filter.Rejection;
            return found.IsOk ? List([.. found.Value.Skip(first - 1).Take(most).Select(user => Json(context, user))], found.Value.Count, first) : found.Rejection;
        }
        var all = await _users.ListAsync(request.Fabric, request.Tenant, request.Cancellation);
        if (!all.IsOk)
        {
            return all.Rejection;
        }
        var users = new List<JsonObject>();
        foreach (var info in all.Value.Skip(first - 1).Take(most))
        {
            var user = await _users.WithNoteAsync(info, request.Cancellation);
            if (!user.IsOk)
            {
                return user.Rejection;
            }
            users.Add(Json(context, user.Value));
        }
        return List(users, all.Value.Count, first);
    }

    private async ValueTask<Outcome<JsonObject?>> GetAsync(HttpContext context) => Answer(context, await FindAsync(context));

    private async ValueTask<Outcome<JsonObject?>> CreateAsync(HttpContext context)
    {
        var body = await ScimJson.ReadAsync(context);
        var wanted = body.IsOk ? ScimResource.Read(body.Value) : body.Rejection;
        var request = _routes.RequestOf(context);
        var made = wanted.IsOk ? await _users.CreateAsync(request.Fabric, request.Tenant, wanted.Value, request.Cancellation) : wanted.Rejection;
        if (made.IsOk)
        {
            context.Response.Headers.Location = (string)Json(context, made.Value)["meta"]!["location"]!;
        }
        return Answer(context, made);
    }

    private async ValueTask<Outcome<JsonObject?>> ChangeAsync(HttpContext context, Func<JsonElement, Outcome<ScimChange>> read, bool replaces)
    {
        var body = await ScimJson.ReadAsync(context);
        var wanted = body.IsOk ? read(body.Value) : body.Rejection;
        if (!wanted.IsOk)
        {
            return wanted.Rejection;
        }
        var request = _routes.RequestOf(context);
        var user = await FindToChangeAsync(context);
        return Answer(context, user.IsOk ? await _users.ChangeAsync(request.Fabric, user.Value, wanted.Value, replaces, request.Cancellation) : user);
    }

    private async ValueTask<Outcome<JsonObject?>> RemoveAsync(HttpContext context)
    {
        var request = _routes.RequestOf(context);
        var user = await FindToChangeAsync(context);
        var refused = user.IsOk ? await _users.RemoveAsync(request.Fabric, user.Value, request.Cancellation) : user.Rejection;
        return refused is null ? (Outcome<JsonObject?>)(JsonObject?)null : refused;
    }

    private ValueTask<Outcome<ScimUser>> FindAsync(HttpContext context)
    {
        var request = _routes.RequestOf(context);
        return _users.GetAsync(request.Fabric, request.Tenant, request.Route("u"), request.Cancellation);
    }

    private ValueTask<Outcome<ScimUser>> FindToChangeAsync(HttpContext context)
    {
        var request = _routes.RequestOf(context);
        return _users.GetToChangeAsync(request.Fabric, request.Tenant, request.Route("u"), request.Cancellation);
    }

    private Outcome<JsonObject?> Answer(HttpContext context, Outcome<ScimUser> user) => user.IsOk ? Json(context, user.Value) : user.Rejection;

    private JsonObject Json(HttpContext context, ScimUser user) => user.ToJson(RootOf(context) + "/Users");

    private static JsonObject List(List<JsonObject> items, int total, int start) => new()
    {
        ["schemas"] = new JsonArray(ListSchema), ["totalResults"] = total, ["startIndex"] = start, ["itemsPerPage"] = items.Count, ["Resources"] = new JsonArray([.. items]),
    };

    private static Outcome<int> NumberOf(ApiRequest request, string name, int otherwise) =>
        request.Query(name) is not { } text ? otherwise
        : int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) ? value
        : new Rejection(ScimErrors.InvalidValue, name, "not a whole number");
}
