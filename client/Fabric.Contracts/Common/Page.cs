namespace Fabric.Contracts.Common;

/// <summary>One page of a list. <paramref name="Next"/> is the cursor of the next page, null at the end.</summary>
public sealed record Page<T>(IReadOnlyList<T> Items, string? Next);
