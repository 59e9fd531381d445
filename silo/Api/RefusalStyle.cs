using Fabric.Core.Common;

namespace Fabric.Silo.Api;

/// <summary>
/// Endpoint metadata: how an endpoint whose form is another's standard says no, also when the guard around it does. Given the status of the code's line in
/// <see cref="StatusTable"/>; writes status, headers and body.
/// </summary>
internal sealed record RefusalStyle(Action<HttpContext, Rejection, int> Write);
