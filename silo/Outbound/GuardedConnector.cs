using System.Net;
using System.Net.Sockets;

namespace Fabric.Silo.Outbound;

/// <summary>Connects to addresses that may be connected to, and to no other: the address that was looked at is the one that is used, so no later answer of a name server counts.</summary>
internal sealed class GuardedConnector(AddressRules rules, Func<string, CancellationToken, Task<IPAddress[]>> resolve)
{
    /// <summary>The most addresses of one name that are tried (B1).</summary>
    private const int AddressesMax = 4;

    /// <summary>A connection. Throws <see cref="RefusedAddressException"/> when the name stands for nothing that may be connected to.</summary>
    public async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellation)
    {
        var isTls = context.InitialRequestMessage.RequestUri!.Scheme == Uri.UriSchemeHttps;
        var (host, port) = (context.DnsEndPoint.Host, context.DnsEndPoint.Port);
        var addresses = IPAddress.TryParse(host, out var literal) ? [literal] : await resolve(host, cancellation);
        var allowed = addresses.Where(address => rules.Allows(address, isTls)).Take(AddressesMax).ToList();
        if (allowed.Count == 0)
        {
            throw addresses.Length == 0 ? new SocketException((int)SocketError.HostNotFound) : new RefusedAddressException();
        }
        for (var i = 0; ; i++)
        {
            // One kind of socket an address: a dual one would take an IPv4 address in IPv6's clothes.
            var socket = new Socket(allowed[i].AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                await socket.ConnectAsync(new IPEndPoint(allowed[i], port), cancellation);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch (SocketException) when (i < allowed.Count - 1)
            {
                socket.Dispose();
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        }
    }
}
