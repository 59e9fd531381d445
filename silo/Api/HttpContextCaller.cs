using Fabric.Engine;

namespace Fabric.Silo.Api;

/// <summary>Who calls, once the guard has let a request through.</summary>
public static class HttpContextCaller
{
    /// <summary>The caller of this request. Throws <see cref="InvalidOperationException"/> at an open endpoint.</summary>
    public static Caller Caller(this HttpContext context) =>
        context.Features.Get<Caller>() ?? throw new InvalidOperationException("no caller: the endpoint is open");
}
