namespace Fabric.Silo.Tests.OAuth;

public sealed partial class Browser
{
    public Browser(OAuthServer server)
        : this(server.Http.BaseAddress!)
    {
    }
}
