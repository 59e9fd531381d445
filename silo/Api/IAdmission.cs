namespace Fabric.Silo.Api;

/// <summary>Lets a request in, in place of the guard's own `Authorization: Bearer SECRET`. Endpoint metadata, so that the guard cannot be passed by.</summary>
internal interface IAdmission
{
    /// <summary>Whether the request may go on; then its caller is set. Else it is answered.</summary>
    ValueTask<bool> AdmitAsync(HttpContext context, EndpointRoles roles);
}
