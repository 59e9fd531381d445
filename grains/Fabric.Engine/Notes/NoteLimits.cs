namespace Fabric.Engine.Notes;

/// <summary>How many notes of a kind there may be (B1): of one owner, and in all. What has expired does not count against an owner.</summary>
public readonly record struct NoteLimits(int OwnerMax, int AllMax);
