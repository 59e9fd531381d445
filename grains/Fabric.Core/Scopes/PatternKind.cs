namespace Fabric.Core.Scopes;

/// <summary>The shape of a pattern: decides how it is matched.</summary>
internal enum PatternKind : byte
{
    /// <summary>No wildcard: one text.</summary>
    Exact,
    /// <summary>`*`: every text.</summary>
    Any,
    /// <summary>`text*`.</summary>
    Prefix,
    /// <summary>Anything else.</summary>
    Glob,
}
