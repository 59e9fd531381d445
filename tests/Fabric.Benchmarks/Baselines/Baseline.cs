using System.Text.Json;
using Fabric.Testing;

namespace Fabric.Benchmarks.Baselines;

/// <summary>What the benchmarks cost when somebody last said that it is right: committed, by the benchmark's name.</summary>
/// <param name="Machine">What the times were measured on.</param>
/// <param name="Date">When, as yyyy-MM-dd.</param>
/// <param name="Benchmarks">By name, in the order of names.</param>
internal sealed record Baseline(string Machine, string Date, SortedDictionary<string, Measured> Benchmarks)
{
    private static readonly JsonSerializerOptions Options = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase, WriteIndented = true };

    /// <summary>Where the committed one stands.</summary>
    public static string CommittedPath => Path.Combine(RepoRoot.Path, "tests", "Fabric.Benchmarks", "baseline.json");

    /// <summary>Reads a file. Throws <see cref="JsonException"/> or <see cref="IOException"/> when it is none.</summary>
    public static Baseline Read(string path) => Parse(File.ReadAllText(path));

    /// <summary>Reads the text of a file. Throws <see cref="JsonException"/> when it is none.</summary>
    public static Baseline Parse(string text) => JsonSerializer.Deserialize<Baseline>(text, Options) ?? throw new JsonException("a baseline is an object");

    /// <summary>The text of a file.</summary>
    public string Format() => JsonSerializer.Serialize(this, Options) + "\n";
}
