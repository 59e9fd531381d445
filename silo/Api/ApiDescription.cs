using Fabric.Engine;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Fabric.Silo.Api;

/// <summary>What OpenAPI says beyond the bodies: path and query fields, who may call, how to authenticate.</summary>
internal static class ApiDescription
{
    private const string Scheme = "secret";

    private static readonly Dictionary<string, string> PathFields = new(StringComparer.Ordinal)
    {
        ["t"] = "The tenant's id.", ["u"] = "The user's id.", ["a"] = "The agent's id.", ["s"] = "The session's id, 32 hex digits.",
        ["id"] = "The id.", ["revision"] = "The receipt's revision.",
    };

    public static void Configure(OpenApiOptions options)
    {
        options.AddDocumentTransformer((document, _, _) =>
        {
            document.Info = new OpenApiInfo
            {
                Title = "Fabric",
                Version = "v1",
                Description = "Which agent may do what, in which task, right now; and all of it taken back at once.",
            };
            document.Components ??= new OpenApiComponents();
            document.Components.SecuritySchemes ??= new Dictionary<string, IOpenApiSecurityScheme>(StringComparer.Ordinal);
            document.Components.SecuritySchemes[Scheme] = new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.Http, Scheme = "bearer", Description = "An API key or an agent's secret.",
            };
            return Task.CompletedTask;
        });
        options.AddOperationTransformer((operation, context, _) =>
        {
            var metadata = context.Description.ActionDescriptor.EndpointMetadata;
            Describe(operation, metadata.OfType<EndpointRoles>().Single().Allowed, context.Document);
            AddFields(operation, context.Description.RelativePath ?? "", metadata.OfType<QueryFields>().FirstOrDefault()?.Fields ?? []);
            return Task.CompletedTask;
        });
    }

    private static void Describe(OpenApiOperation operation, Role roles, OpenApiDocument? document)
    {
        if (roles == Role.None)
        {
            operation.Description = "Open to all.";
            return;
        }
        operation.Description = $"Roles: {string.Join(", ", RoleSets.NamesOf(roles))}.";
        operation.Security = [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(Scheme, document)] = [] }];
    }

    private static void AddFields(OpenApiOperation operation, string path, IReadOnlyList<QueryField> fields)
    {
        operation.Parameters ??= [];
        foreach (var (name, description) in PathFields)
        {
            if (path.Contains($"{{{name}}}", StringComparison.Ordinal) && operation.Parameters.All(each => each.Name != name))
            {
                operation.Parameters.Add(new OpenApiParameter
                {
                    Name = name, In = ParameterLocation.Path, Required = true, Description = description, Schema = Text(),
                });
            }
        }
        foreach (var field in fields)
        {
            operation.Parameters.Add(new OpenApiParameter
            {
                Name = field.Name, In = ParameterLocation.Query, Description = field.Description,
                Schema = field.IsMany ? new OpenApiSchema { Type = JsonSchemaType.Array, Items = Text() } : Text(),
            });
        }
    }

    private static OpenApiSchema Text() => new() { Type = JsonSchemaType.String };
}
