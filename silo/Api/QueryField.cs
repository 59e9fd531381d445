namespace Fabric.Silo.Api;

/// <summary>A field of a query string, for the refusal of unknown ones and for OpenAPI. <paramref name="IsMany"/>: may stand there
/// several times.</summary>
internal sealed record QueryField(string Name, string Description, bool IsMany = false, bool IsNumber = false)
{
    /// <summary>What every list takes.</summary>
    public static readonly QueryField[] Page = [new("cursor", "Where to go on: `next` of the page before."), new("limit", "Items a page, 1 to 1,000; 100 when left out.", IsNumber: true)];
}

/// <summary>Endpoint metadata: the query fields that an endpoint knows.</summary>
internal sealed record QueryFields(IReadOnlyList<QueryField> Fields);
