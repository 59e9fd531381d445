namespace Fabric.Contracts.Common;

/// <summary>Which page of a list. <paramref name="Limit"/> 1 to 1,000.</summary>
public sealed record PageQuery(string? Cursor = null, int Limit = 100);
