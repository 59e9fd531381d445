using Fabric.Core.Common;
using Fabric.Core.Sessions;

namespace Fabric.Core.Tests.Sessions;

public sealed class ClampTests
{
    private static readonly Instant Now = new(1_000_000);

    [Fact]
    [Trait("Invariant", "S2")]
    public void The_nearest_limit_cuts_and_is_named()
    {
        var (expires, clamp) = Clamp.Cut(Now, TimeSpan.FromHours(2), (Now + TimeSpan.FromHours(1), "tenant"), (Now + TimeSpan.FromMinutes(5), "delegator"));

        Assert.Equal(Now + TimeSpan.FromMinutes(5), expires);
        Assert.Equal(new Clamp(TimeSpan.FromHours(2), TimeSpan.FromMinutes(5), "delegator"), clamp);
    }

    [Fact]
    public void What_fits_is_not_cut_and_nothing_is_said()
    {
        var (expires, clamp) = Clamp.Cut(Now, TimeSpan.FromMinutes(1), (Now + TimeSpan.FromHours(1), "tenant"), (Instant.Never, "agent"));

        Assert.Equal(Now + TimeSpan.FromMinutes(1), expires);
        Assert.Null(clamp);
    }
}
