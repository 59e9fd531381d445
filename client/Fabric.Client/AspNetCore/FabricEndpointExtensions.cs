using Fabric.Core.Checks;
using Fabric.Core.Scopes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Fabric.Client.AspNetCore;

/// <summary>Guards endpoints.</summary>
public static class FabricEndpointExtensions
{
    /// <summary>
    /// Lets only those requests through whose token (RFC 6750, or with a proof of its key RFC 9449) may make this call; the others are answered 401, 403, 429 or 503 with a problem body (RFC 9457)
    /// that holds the code. `{name}` in <paramref name="resource"/> stands for the route's value, percent-decoded, whatever characters it has. While the request runs,
    /// `HttpContext.RequestAborted` also fires when the call's authority ends.
    /// </summary>
    /// <param name="builder">The endpoint, or a group.</param>
    /// <param name="tool">The tool that the call is of.</param>
    /// <param name="action">The action.</param>
    /// <param name="resource">The resource, as a template.</param>
    /// <param name="class">How much harm the call can do; unstated counts as destructive.</param>
    /// <exception cref="ArgumentException">The template is not well-formed.</exception>
    public static TBuilder RequireFabric<TBuilder>(
        this TBuilder builder, string tool, string action, string resource = "", ActionClass @class = ActionClass.Destructive)
        where TBuilder : IEndpointConventionBuilder
    {
        var guard = new CallGuard(tool, action, ResourceTemplate.Parse(resource), @class);
        builder.Finally(endpoint =>
        {
            if (endpoint.RequestDelegate is { } guarded)
            {
                endpoint.RequestDelegate = context => guard.InvokeAsync(context, guarded);
            }
        });
        return builder;
    }

    /// <summary>The decision that let this request through; null on an endpoint that is not guarded.</summary>
    public static Decision? GetFabricDecision(this HttpContext context) => context.Features.Get<GuardedCall>()?.Decision;
}
