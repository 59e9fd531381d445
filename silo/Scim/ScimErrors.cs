using System.Text.Json.Nodes;
using Fabric.Core.Common;
using Fabric.Silo.Api;
using Microsoft.Net.Http.Headers;

namespace Fabric.Silo.Scim;

/// <summary>How a SCIM service provider says no (RFC 7644 section 3.12): the error types are the standard's.</summary>
internal static class ScimErrors
{
    public const string InvalidSyntax = "invalidSyntax";
    public const string InvalidFilter = "invalidFilter";
    public const string InvalidPath = "invalidPath";
    public const string InvalidValue = "invalidValue";
    public const string NoTarget = "noTarget";
    public const string Mutability = "mutability";
    public const string Uniqueness = "uniqueness";
    public const string TooMany = "tooMany";

    private const string Schema = "urn:ietf:params:scim:api:messages:2.0:Error";

    private static readonly string[] Types = [InvalidSyntax, InvalidFilter, InvalidPath, InvalidValue, NoTarget, Mutability, Uniqueness, TooMany];

    /// <summary>The endpoints' own form, also when the guard around them refuses.</summary>
    public static readonly RefusalStyle Style = new(Write);

    private static void Write(HttpContext context, Rejection rejection, int known)
    {
        var (status, type) = rejection.Code switch
        {
            Uniqueness or Codes.AlreadyExists => (StatusCodes.Status409Conflict, Uniqueness),

            // An id that was revoked before it was registered stays so.
            Codes.UserRevoked or Codes.NodeRevoked => (StatusCodes.Status409Conflict, Uniqueness),
            Codes.InvalidField => (StatusCodes.Status400BadRequest, InvalidValue),
            var code when Types.Contains(code, StringComparer.Ordinal) => (StatusCodes.Status400BadRequest, code),
            _ => (known, null),
        };
        if (status == StatusCodes.Status401Unauthorized)
        {
            context.Response.Headers.WWWAuthenticate = "Bearer realm=\"fabric\"";
        }
        else if (status == StatusCodes.Status503ServiceUnavailable)
        {
            context.Response.Headers[HeaderNames.RetryAfter] = "1";
        }
        var body = new JsonObject { ["schemas"] = new JsonArray(Schema), ["status"] = status.ToString(System.Globalization.CultureInfo.InvariantCulture), ["detail"] = rejection.Detail };
        if (type is not null)
        {
            body["scimType"] = type;
        }
        ScimAnswer.Write(context, status, body);
    }
}
