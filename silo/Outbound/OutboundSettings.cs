using System.Net;

namespace Fabric.Silo.Outbound;

/// <summary>Where the fabric may connect to by itself: key sets and metadata of issuers, documents of clients, receivers of signals.</summary>
public sealed class OutboundSettings
{
    /// <summary>Networks, separated by commas, that are reached although they are not public: the company's own issuers, e.g. `10.20.0.0/16`. Left out: none.</summary>
    public string? AllowedNetworks { get; set; }

    /// <summary>Networks that are reached by plain http too, for development and tests, e.g. `127.0.0.0/8`. Left out: none.</summary>
    public string? PlainHttpNetworks { get; set; }

    /// <summary>Seconds that one request has from its beginning to the last byte of its answer. 1 to 60.</summary>
    public int TimeoutSeconds { get; set; } = 10;

    /// <summary>Requests at once. 1 to 1,000.</summary>
    public int RequestsMax { get; set; } = 64;

    /// <summary>Requests at once to one host. 1 to 100.</summary>
    public int RequestsOfHostMax { get; set; } = 8;

    internal IReadOnlyList<IPNetwork> AllowedList => Parse(AllowedNetworks) ?? [];

    internal IReadOnlyList<IPNetwork> PlainHttpList => Parse(PlainHttpNetworks) ?? [];

    internal void Check(Action<bool, string, string> need)
    {
        need(Parse(AllowedNetworks) is not null, nameof(AllowedNetworks), "networks such as `10.20.0.0/16`, separated by commas");
        need(Parse(PlainHttpNetworks) is not null, nameof(PlainHttpNetworks), "networks such as `127.0.0.0/8`, separated by commas");
        need(TimeoutSeconds is >= 1 and <= 60, nameof(TimeoutSeconds), "1 to 60");
        need(RequestsMax is >= 1 and <= 1_000, nameof(RequestsMax), "1 to 1,000");
        need(RequestsOfHostMax is >= 1 and <= 100, nameof(RequestsOfHostMax), "1 to 100");
    }

    private static List<IPNetwork>? Parse(string? text)
    {
        var networks = new List<IPNetwork>();
        foreach (var part in (text ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (!IPNetwork.TryParse(part, out var network))
            {
                return null;
            }
            networks.Add(network);
        }
        return networks;
    }
}
