using System.Globalization;
using Fabric.LoadTests.Processes;

namespace Fabric.LoadTests.Model;

/// <summary>How long a host's last durable commit took, as the host itself tells in its metrics.</summary>
internal sealed class JournalGauge(SiloProcess silo) : IDisposable
{
    private const string Metric = "fabric_journal_last_commit";

    private readonly HttpClient _http = new() { BaseAddress = silo.Address };

    /// <summary>Asks, in milliseconds.</summary>
    public async Task<double> LastCommitMsAsync() => Parse(await _http.GetStringAsync(new Uri("/metrics", UriKind.Relative)));

    /// <summary>From the text of a scrape; NaN when it does not tell.</summary>
    public static double Parse(string text)
    {
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            if (line.StartsWith(Metric, StringComparison.Ordinal) && double.TryParse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture, out var seconds))
            {
                return 1_000 * seconds;
            }
        }

        return double.NaN;
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();
}
