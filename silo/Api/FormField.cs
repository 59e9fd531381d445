namespace Fabric.Silo.Api;

/// <summary>A parameter of a form body, for OpenAPI.</summary>
internal sealed record FormField(string Name, string Description, bool IsRequired = false);

/// <summary>Endpoint metadata: the body is a form (`application/x-www-form-urlencoded`) with these parameters.</summary>
internal sealed record FormFields(IReadOnlyList<FormField> Fields);
