namespace Fabric.Silo.OAuth;

/// <summary>How a token that is shown stands among those of its chain.</summary>
internal enum TokenUse
{
    /// <summary>It is the newest.</summary>
    Current,

    /// <summary>It was replaced a moment ago: its answer may have been lost.</summary>
    JustReplaced,

    /// <summary>It was replaced, or nobody gave it out: somebody else has one.</summary>
    Reused,
}
