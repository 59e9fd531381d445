namespace Fabric.Client.Edges;

/// <summary>The fabric's decision. <paramref name="AskedMs"/>: <see cref="EdgeClock.SentMs"/> before the question was sent.</summary>
public readonly record struct FabricAnswer(bool Allowed, string? Code, ulong Revision, long AskedMs);
