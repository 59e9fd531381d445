namespace Fabric.LoadTests.Scenarios;

/// <summary>One thing to measure.</summary>
internal interface IScenario
{
    /// <summary>The verb that runs it.</summary>
    string Name { get; }

    /// <summary>What it does, in a line.</summary>
    string Description { get; }

    /// <summary>Runs it, with its values and broken promises in the run's report.</summary>
    Task RunAsync(ScenarioRun run);
}
