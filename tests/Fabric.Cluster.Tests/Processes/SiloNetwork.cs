using System.Diagnostics;
using System.Net;

namespace Fabric.Cluster.Tests.Processes;

/// <summary>
/// A network of its own for each silo: a namespace with one cable to a bridge, where this process and the database are reached. A pair is cut without anybody being told,
/// as a switch does that drops frames: each sends to an address of hardware that nobody has.
/// </summary>
internal sealed class SiloNetwork : IAsyncDisposable
{
    // RFC 2544 section C.2.2: for tests, and on no machine's network.
    private const byte First = 198;
    private const byte Second = 18;
    private const string Nobody = "02:00:00:00:00:01";

    private readonly string _name;
    private readonly byte _net;

    private SiloNetwork(string name, byte net) => (_name, _net) = (name, net);

    /// <summary>This process's own address there.</summary>
    internal IPAddress Host => At(1);

    internal IReadOnlyList<SiloPlace> Places { get; private set; } = [];

    internal static async Task<SiloNetwork> MakeAsync(int places)
    {
        var network = new SiloNetwork($"fab{Environment.ProcessId}", (byte)(Environment.ProcessId % 254));
        try
        {
            await network.MakeBridgeAsync();
            for (var i = 0; i < places; i++)
            {
                network.Places = [.. network.Places, await network.PlugInAsync(i)];
            }

            return network;
        }
        catch
        {
            await network.DisposeAsync();
            throw;
        }
    }

    internal static async Task CutAsync(SiloPlace one, SiloPlace other)
    {
        await IpAsync("-n", one.Namespace!, "neigh", "replace", $"{other.Address}", "lladdr", Nobody, "dev", "eth0", "nud", "permanent");
        await IpAsync("-n", other.Namespace!, "neigh", "replace", $"{one.Address}", "lladdr", Nobody, "dev", "eth0", "nud", "permanent");
    }

    internal static async Task MendAsync(SiloPlace one, SiloPlace other)
    {
        await IpAsync("-n", one.Namespace!, "neigh", "del", $"{other.Address}", "dev", "eth0");
        await IpAsync("-n", other.Namespace!, "neigh", "del", $"{one.Address}", "dev", "eth0");
    }

    public async ValueTask DisposeAsync()
    {
        // A namespace takes its end of the cable along, and with it the other one.
        foreach (var place in Places)
        {
            await IpAsync("netns", "del", place.Namespace!);
        }

        await IpAsync("link", "del", _name);
    }

    private IPAddress At(byte host) => new([First, Second, _net, host]);

    private async Task MakeBridgeAsync()
    {
        await IpAsync("link", "add", _name, "type", "bridge");
        await IpAsync("addr", "add", $"{Host}/24", "dev", _name);
        await IpAsync("link", "set", _name, "up");
    }

    private async Task<SiloPlace> PlugInAsync(int number)
    {
        var (place, cable) = (new SiloPlace(At((byte)(11 + number)), $"{_name}n{number}"), $"{_name}v{number}");
        await IpAsync("netns", "add", place.Namespace!);
        await IpAsync("link", "add", cable, "type", "veth", "peer", "name", "eth0", "netns", place.Namespace!);
        await IpAsync("link", "set", cable, "master", _name, "up");
        await IpAsync("-n", place.Namespace!, "addr", "add", $"{place.Address}/24", "dev", "eth0");
        await IpAsync("-n", place.Namespace!, "link", "set", "eth0", "up");
        await IpAsync("-n", place.Namespace!, "link", "set", "lo", "up");
        return place;
    }

    private static async Task IpAsync(params string[] arguments)
    {
        using var ip = Process.Start(new ProcessStartInfo("ip", arguments) { UseShellExecute = false, RedirectStandardError = true, RedirectStandardOutput = true })!;
        var (output, error) = (ip.StandardOutput.ReadToEndAsync(), ip.StandardError.ReadToEndAsync());
        await ip.WaitForExitAsync();
        await output;
        if (ip.ExitCode != 0)
        {
            throw new InvalidOperationException($"`ip {string.Join(' ', arguments)}` failed: {(await error).Trim()}");
        }
    }
}
