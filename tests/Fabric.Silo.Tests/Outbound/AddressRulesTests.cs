using System.Net;
using Fabric.Silo.Outbound;

namespace Fabric.Silo.Tests.Outbound;

public sealed class AddressRulesTests
{
    private static readonly AddressRules Closed = new([], []);

    [Theory]
    [InlineData("1.1.1.1")]
    [InlineData("93.184.216.34")]
    [InlineData("100.63.255.255")]
    [InlineData("100.128.0.0")]
    [InlineData("172.15.255.255")]
    [InlineData("172.32.0.0")]
    [InlineData("192.167.255.255")]
    [InlineData("223.255.255.255")]
    [InlineData("2606:4700:4700::1111")]
    [InlineData("2a00:1450:4001:81b::200e")]
    [InlineData("::ffff:1.1.1.1")]
    public void A_public_address_is_connected_to_by_https_alone(string address)
    {
        Assert.True(Closed.Allows(IPAddress.Parse(address), isTls: true));
        Assert.False(Closed.Allows(IPAddress.Parse(address), isTls: false));
    }

    [Theory]
    // "This network", private use, shared address space (CGNAT), loopback, link-local and the metadata services of clouds.
    [InlineData("0.0.0.0")]
    [InlineData("0.1.2.3")]
    [InlineData("10.0.0.1")]
    [InlineData("10.255.255.255")]
    [InlineData("100.64.0.1")]
    [InlineData("100.127.255.255")]
    [InlineData("100.100.100.200")]
    [InlineData("127.0.0.1")]
    [InlineData("127.255.255.254")]
    [InlineData("169.254.0.1")]
    [InlineData("169.254.169.254")]
    [InlineData("169.254.170.2")]
    [InlineData("168.63.129.16")]
    [InlineData("172.16.0.1")]
    [InlineData("172.31.255.255")]
    [InlineData("192.168.0.1")]
    [InlineData("192.168.255.255")]
    // Protocol assignments, documentation, AS112, 6to4 relays, benchmarks, multicast, reserved, broadcast.
    [InlineData("192.0.0.1")]
    [InlineData("192.0.0.192")]
    [InlineData("192.0.2.1")]
    [InlineData("192.31.196.1")]
    [InlineData("192.52.193.1")]
    [InlineData("192.88.99.1")]
    [InlineData("192.175.48.1")]
    [InlineData("198.18.0.1")]
    [InlineData("198.19.255.255")]
    [InlineData("198.51.100.1")]
    [InlineData("203.0.113.1")]
    [InlineData("224.0.0.1")]
    [InlineData("239.255.255.255")]
    [InlineData("240.0.0.1")]
    [InlineData("255.255.255.255")]
    // IPv6: unspecified, loopback, unique local (fd00:ec2::254 is a metadata service), link-local with and without zone, site-local, multicast, documentation, discard, ORCHID, benchmarks.
    [InlineData("::")]
    [InlineData("::1")]
    [InlineData("fc00::1")]
    [InlineData("fd00:ec2::254")]
    [InlineData("fdff:ffff::1")]
    [InlineData("fe80::1")]
    [InlineData("fe80::1%1")]
    [InlineData("febf::1")]
    [InlineData("fec0::1")]
    [InlineData("ff02::1")]
    [InlineData("ff0e::1")]
    [InlineData("2001:db8::1")]
    [InlineData("3fff::1")]
    [InlineData("100::1")]
    [InlineData("2001:10::1")]
    [InlineData("2001:20::1")]
    [InlineData("2001:2::1")]
    [InlineData("4000::1")]
    [InlineData("5f00::1")]
    // IPv4 in IPv6's clothes: mapped, compatible, translated (NAT64, both prefixes), 6to4, Teredo, ISATAP.
    [InlineData("::ffff:127.0.0.1")]
    [InlineData("::ffff:169.254.169.254")]
    [InlineData("::ffff:10.0.0.1")]
    [InlineData("::127.0.0.1")]
    [InlineData("::ffff:0:127.0.0.1")]
    [InlineData("64:ff9b::127.0.0.1")]
    [InlineData("64:ff9b::1.1.1.1")]
    [InlineData("64:ff9b:1::10.0.0.1")]
    [InlineData("2002:7f00:1::1")]
    [InlineData("2002:a9fe:a9fe::1")]
    [InlineData("2002:0101:0101::1")]
    [InlineData("2001:0:4136:e378:8000:63bf:80ff:fffe")]
    [InlineData("2a00:1450:4001:81b:0:5efe:10.0.0.1")]
    [InlineData("2a00:1450:4001:81b:200:5efe:169.254.169.254")]
    public void What_is_not_public_is_not_connected_to(string address)
    {
        Assert.False(Closed.Allows(IPAddress.Parse(address), isTls: true));
        Assert.False(Closed.Allows(IPAddress.Parse(address), isTls: false));
    }

    [Fact]
    public void An_operator_allows_networks_one_by_one()
    {
        var rules = new AddressRules([IPNetwork.Parse("10.20.0.0/16"), IPNetwork.Parse("fd12::/16")], [IPNetwork.Parse("127.0.0.0/8")]);
        Assert.True(rules.Allows(IPAddress.Parse("10.20.3.4"), isTls: true));
        Assert.True(rules.Allows(IPAddress.Parse("::ffff:10.20.3.4"), isTls: true));
        Assert.True(rules.Allows(IPAddress.Parse("fd12::1"), isTls: true));
        Assert.True(rules.Allows(IPAddress.Parse("127.0.0.1"), isTls: true));
        Assert.True(rules.Allows(IPAddress.Parse("127.0.0.1"), isTls: false));
        Assert.False(rules.Allows(IPAddress.Parse("10.20.3.4"), isTls: false));
        Assert.False(rules.Allows(IPAddress.Parse("10.21.0.1"), isTls: true));
        Assert.False(rules.Allows(IPAddress.Parse("1.1.1.1"), isTls: false));
        Assert.False(rules.Allows(IPAddress.Parse("169.254.169.254"), isTls: true));
    }

    [Fact]
    public void Behind_a_translator_the_address_that_it_connects_to_counts_too()
    {
        var rules = new AddressRules([IPNetwork.Parse("64:ff9b::/96")], []);
        Assert.True(rules.Allows(IPAddress.Parse("64:ff9b::1.1.1.1"), isTls: true));
        Assert.False(rules.Allows(IPAddress.Parse("64:ff9b::127.0.0.1"), isTls: true));
        Assert.False(rules.Allows(IPAddress.Parse("64:ff9b::169.254.169.254"), isTls: true));
    }
}
