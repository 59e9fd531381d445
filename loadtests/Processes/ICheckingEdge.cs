using Fabric.Core.Checks;
using Fabric.Core.Scopes;

namespace Fabric.LoadTests.Processes;

/// <summary>What an edge process needs of its edge.</summary>
internal interface ICheckingEdge : IAsyncDisposable
{
    /// <summary>How it stands; <see cref="EdgeState.Checks"/> and <see cref="EdgeState.HeapBytes"/> are the process's to fill in.</summary>
    EdgeState State { get; }

    /// <summary>When which revision was applied, since this was last asked; none where that is not noted.</summary>
    IReadOnlyList<AppliedMark> TakeApplied() => [];

    /// <summary>Decides from its own copy alone.</summary>
    Decision Check(string token, in ToolCall call);

    /// <summary>Decides from its own copy alone, for a token as it came over the wire.</summary>
    Decision Check(ReadOnlySpan<byte> utf8Token, in ToolCall call);

    /// <summary>Decides, and asks the fabric where it must.</summary>
    ValueTask<Decision> CheckAsync(string token, ToolCall call);
}
