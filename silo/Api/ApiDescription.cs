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
        ["id"] = "The id.", ["kid"] = "The signing key's id.", ["revision"] = "The receipt's revision.", ["lineage"] = "The credential's lineage, as its token's `status` claim names it.", ["target"] = "The original path, as the client sent it.",
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
        options.AddSchemaTransformer((schema, _, _) => DropNullableFromRequired(schema));
        options.AddOperationTransformer((operation, context, _) =>
        {
            var metadata = context.Description.ActionDescriptor.EndpointMetadata;
            Describe(operation, metadata.OfType<EndpointRoles>().Single().Allowed, context.Document);
            DescribeRefusals(operation);
            AddFields(operation, (context.Description.RelativePath ?? "").Replace("{**", "{", StringComparison.Ordinal), metadata.OfType<QueryFields>().FirstOrDefault()?.Fields ?? []);
            if (metadata.OfType<FormFields>().FirstOrDefault() is { } form)
            {
                operation.RequestBody = BodyOf(form);
            }
            return Task.CompletedTask;
        });
    }

    private static OpenApiRequestBody BodyOf(FormFields form)
    {
        var schema = new OpenApiSchema
        {
            Type = JsonSchemaType.Object, Properties = new Dictionary<string, IOpenApiSchema>(StringComparer.Ordinal),
            Required = new HashSet<string>(form.Fields.Where(field => field.IsRequired).Select(field => field.Name), StringComparer.Ordinal),
        };
        foreach (var field in form.Fields)
        {
            schema.Properties[field.Name] = new OpenApiSchema { Type = JsonSchemaType.String, Description = field.Description };
        }
        return new OpenApiRequestBody
        {
            Required = true,
            Content = new Dictionary<string, OpenApiMediaType>(StringComparer.Ordinal) { ["application/x-www-form-urlencoded"] = new() { Schema = schema } },
        };
    }

    // A refusal may have any status of the table: one entry says what it looks like.
    private static void DescribeRefusals(OpenApiOperation operation)
    {
        if (operation.Responses?.Remove("400", out var refusal) == true)
        {
            refusal.Description = "A refusal; `code` says which, and docs/ERRORS.md lists them.";
            operation.Responses["default"] = refusal;
        }
        if (operation.Responses?.TryGetValue("202", out var partial) == true)
        {
            partial.Description = "Not durable yet, or someone has not answered: the state is `partial`.";
        }
    }

    // What is null is left out of answers, and may be left out of commands.
    private static Task DropNullableFromRequired(OpenApiSchema schema)
    {
        foreach (var (name, property) in schema.Properties ?? new Dictionary<string, IOpenApiSchema>(StringComparer.Ordinal))
        {
            if (property.Type?.HasFlag(JsonSchemaType.Null) == true || property.OneOf?.Any(each => each.Type == JsonSchemaType.Null) == true)
            {
                schema.Required?.Remove(name);
            }
        }
        return Task.CompletedTask;
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
                Schema = field.IsMany ? new OpenApiSchema { Type = JsonSchemaType.Array, Items = Text() }
                    : field.IsNumber ? new OpenApiSchema { Type = JsonSchemaType.Integer } : Text(),
            });
        }
    }

    private static OpenApiSchema Text() => new() { Type = JsonSchemaType.String };
}
