namespace Fabric.Grains.Storage;

/// <summary>What became of a commit that the database refused as a whole.</summary>
internal enum CommitOutcome
{
    /// <summary>It is durable.</summary>
    Committed,
    /// <summary>Another owner has taken over: nothing of this one is taken any more.</summary>
    Fenced,
    /// <summary>An entry was logged before, or its session has gone on: to be found out one by one.</summary>
    Conflict,
}
