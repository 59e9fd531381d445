using Fabric.Core.Leases;

namespace Fabric.Core.Tests.Leases;

/// <summary>A lease table and its clock, in milliseconds.</summary>
internal sealed class LeaseFixture
{
    public LeaseTable Table { get; } = new();

    public double NowMs { get; set; } = 1_000;

    public TimeSpan Now => TimeSpan.FromMilliseconds(NowMs);

    public ulong Head { get; set; }

    public EdgeConnection Hello(string edge, ClassBounds? bounds = null, UInt128 instance = default) =>
        Table.Hello(edge, instance, bounds ?? ClassBounds.Default, Now).Value;

    /// <summary>An edge that holds a lease as of now.</summary>
    public EdgeConnection Leased(string edge, ClassBounds? bounds = null, UInt128 instance = default)
    {
        var connection = Hello(edge, bounds, instance);
        Assert.Equal(1UL, Renew(connection, 1, Head).Granted);
        return connection;
    }

    public LeaseAnswer Renew(EdgeConnection connection, ulong number, ulong acknowledged) =>
        Table.Renew(connection, number, acknowledged, Head, Now);

    public LeaseAnswer Ack(EdgeConnection connection, ulong revision) => Table.Ack(connection, revision, Head, Now);

    public ClosedFloors Open() => Table.Open(++Head, Now);

    public ClosedFloors After(double ms)
    {
        NowMs += ms;
        return Table.Advance(Now);
    }
}
