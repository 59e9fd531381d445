namespace Fabric.Silo.Tests.ExtAuthz;

/// <summary>A test against nginx itself; skipped, and said so, where there is none.</summary>
public sealed class NginxFactAttribute : FactAttribute
{
    public NginxFactAttribute() => Skip = Nginx.Program is null ? "nginx is not installed here (Debian: `apt-get install nginx`)" : null;
}
