namespace Fabric.Contracts.Feed;

/// <summary>A place in encoded runs: the byte where a run begins, and how many of its records were read.</summary>
public readonly record struct RunCursor(int Offset, int InRun);
