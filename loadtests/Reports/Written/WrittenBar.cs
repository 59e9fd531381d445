namespace Fabric.LoadTests.Reports.Written;

/// <summary>A value beside its bar, as the run told it: a bar that was moved since does not change what was said then.</summary>
internal sealed record WrittenBar(string Metric, double Value, string Unit, string Bar, bool IsMet);
