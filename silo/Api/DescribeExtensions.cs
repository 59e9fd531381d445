namespace Fabric.Silo.Api;

/// <summary>What OpenAPI says about an endpoint.</summary>
internal static class DescribeExtensions
{
    public static TBuilder Describe<TBuilder>(this TBuilder endpoint, string tag, string name, string summary)
        where TBuilder : IEndpointConventionBuilder =>
        endpoint.WithTags(tag).WithName(name).WithSummary(summary);
}
