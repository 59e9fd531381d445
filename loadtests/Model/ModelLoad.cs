namespace Fabric.LoadTests.Model;

/// <summary>The revocations of a simulated run. <paramref name="PerSecond"/>: at random times, so many a second on average; null: one after the other, each once the one before is confirmed.</summary>
internal sealed record ModelLoad(int Revocations, double? PerSecond = null);
