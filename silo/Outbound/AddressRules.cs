using System.Net;
using System.Net.Sockets;

namespace Fabric.Silo.Outbound;

/// <summary>
/// Which addresses the fabric connects to by itself: public unicast ones, and what an operator has allowed. An IPv6 address that carries an IPv4 one is allowed only if both are,
/// since something on the way may connect to that one.
/// </summary>
internal sealed class AddressRules(IReadOnlyList<IPNetwork> allowed, IReadOnlyList<IPNetwork> plain)
{
    // RFC 6890 and the registries of special purpose addresses that it founds; 168.63.129.16 and 100.100.100.200 are metadata services of clouds outside of link-local space.
    private static readonly IPNetwork[] Special4 =
    [
        .. new[]
        {
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "168.63.129.16/32", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24",
            "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
        }.Select(IPNetwork.Parse),
    ];

    // Global unicast space is 2000::/3 alone; these parts of it are none.
    private static readonly IPNetwork Global6 = IPNetwork.Parse("2000::/3");
    private static readonly IPNetwork[] Special6 =
    [
        .. new[] { "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20", "2620:4f:8000::/48" }.Select(IPNetwork.Parse),
    ];

    /// <summary>Whether to connect to an address. <paramref name="isTls"/>: by https; else by plain http.</summary>
    public bool Allows(IPAddress address, bool isTls)
    {
        // ::ffff:a.b.c.d is a.b.c.d to the system, whatever it looks like.
        if (address.IsIPv4MappedToIPv6)
        {
            address = address.MapToIPv4();
        }
        if (!isTls)
        {
            return IsIn(plain, address) && IsCarriedAllowed(address, plain);
        }
        return (IsPublic(address) || IsIn(allowed, address) || IsIn(plain, address)) && IsCarriedAllowed(address, allowed);
    }

    private static bool IsCarriedAllowed(IPAddress address, IReadOnlyList<IPNetwork> also) => Carried(address) is not { } inner || IsPublic(inner) || IsIn(also, inner);

    private static bool IsPublic(IPAddress address) => address.AddressFamily switch
    {
        AddressFamily.InterNetwork => !IsIn(Special4, address),
        AddressFamily.InterNetworkV6 => address.ScopeId == 0 && Global6.Contains(address) && !IsIn(Special6, address),
        _ => false,
    };

    // Addresses that a translator or a tunnel takes an IPv4 address out of: compatible (::/96), NAT64 (RFC 6052, RFC 8215), 6to4 (RFC 3056), Teredo (RFC 4380; inverted), ISATAP (RFC 5214).
    private static IPAddress? Carried(IPAddress address)
    {
        if (address.AddressFamily != AddressFamily.InterNetworkV6)
        {
            return null;
        }
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out _);
        return bytes switch
        {
            [0, 0x64, 0xff, 0x9b, ..] => new IPAddress(bytes[12..]),
            [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, ..] => new IPAddress(bytes[12..]),
            [0x20, 0x02, ..] => new IPAddress(bytes[2..6]),
            [0x20, 0x01, 0, 0, ..] => new IPAddress([(byte)~bytes[12], (byte)~bytes[13], (byte)~bytes[14], (byte)~bytes[15]]),
            [_, _, _, _, _, _, _, _, 0 or 2, 0, 0x5e, 0xfe, ..] => new IPAddress(bytes[12..]),
            _ => null,
        };
    }

    private static bool IsIn(IReadOnlyList<IPNetwork> networks, IPAddress address)
    {
        foreach (var network in networks)
        {
            if (network.Contains(address))
            {
                return true;
            }
        }
        return false;
    }
}
