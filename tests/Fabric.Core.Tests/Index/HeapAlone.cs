namespace Fabric.Core.Tests.Index;

/// <summary>Tests that look at the heap as a whole: one at a time, with no other test beside them.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class HeapAlone
{
    public const string Name = "heap alone";
}
