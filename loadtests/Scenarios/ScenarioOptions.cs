namespace Fabric.LoadTests.Scenarios;

/// <summary>How large a run is. Null: the scenario's full size, for which the bars hold.</summary>
/// <param name="Seconds">How long the timed part takes.</param>
/// <param name="Count">How many of what the scenario counts: tokens, credentials, sessions.</param>
/// <param name="Trace">The file to replay.</param>
/// <param name="Agents">How many simulated agents.</param>
/// <param name="Edges">How many edges in processes of their own.</param>
/// <param name="Seed">Where random choices start; printed.</param>
/// <param name="KeepData">Whether the data folders stay after the run.</param>
/// <param name="Only">The parts of the scenario to run; null: all.</param>
/// <param name="Minutes">How long the load lasts under which silos must not be given up; null: that part is left out.</param>
/// <param name="Silos">How many silos of a cluster serve; null: one host with the embedded engine.</param>
internal sealed record ScenarioOptions(
    int? Seconds = null, int? Count = null, string? Trace = null, int? Agents = null, int? Edges = null, int Seed = 1, bool KeepData = false,
    IReadOnlyList<string>? Only = null, int? Minutes = null, int? Silos = null);
