using Fabric.Engine;

namespace Fabric.Silo.Api;

/// <summary>Endpoint metadata: which roles may call. <see cref="Role.None"/>: open to all, without a secret.</summary>
public sealed record EndpointRoles(Role Allowed);

/// <summary>The one place where an endpoint says who may call it. An endpoint that says nothing stops the start (<see cref="Surface"/>).</summary>
public static class EndpointRolesExtensions
{
    /// <summary>Only callers with one of these roles.</summary>
    public static TBuilder RequireRoles<TBuilder>(this TBuilder endpoint, Role roles)
        where TBuilder : IEndpointConventionBuilder
    {
        ArgumentOutOfRangeException.ThrowIfEqual(roles, Role.None);
        return endpoint.WithMetadata(new EndpointRoles(roles));
    }

    /// <summary>Open to all: answers nothing that belongs to a tenant.</summary>
    public static TBuilder Open<TBuilder>(this TBuilder endpoint)
        where TBuilder : IEndpointConventionBuilder =>
        endpoint.WithMetadata(new EndpointRoles(Role.None));
}
