namespace Fabric.LoadTests.Model;

/// <summary>
/// Revocations of a real host, one after the other, with so many edges: how long each took its caller until it was confirmed, and what one took of the host's and of each edge's
/// processor time, in nanoseconds.
/// </summary>
internal sealed record MeasuredPhase(int Edges, IReadOnlyList<double> ConfirmedMs, double HostNs, double EdgeNs);
