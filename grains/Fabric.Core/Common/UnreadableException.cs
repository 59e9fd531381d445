namespace Fabric.Core.Common;

/// <summary>
/// Thrown inside a parser and caught at its boundary, where it becomes a rejection: <paramref name="detail"/> is shown, so it names the field and
/// never repeats the input.
/// </summary>
#pragma warning disable CA1032 // Never leaves this assembly: the standard constructors would be dead code.
internal sealed class UnreadableException(string detail) : FormatException(detail);
#pragma warning restore CA1032
