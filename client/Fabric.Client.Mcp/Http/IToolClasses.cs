using Fabric.Core.Scopes;

namespace Fabric.Client.Mcp.Http;

/// <summary>The classes of a server's tools by their annotations.</summary>
internal interface IToolClasses
{
    /// <summary>The class of a tool; destructive when it is not known.</summary>
    ValueTask<ActionClass> ClassOfAsync(string name, CancellationToken cancellation);
}
