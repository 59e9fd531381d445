namespace Fabric.Core.Common;

/// <summary>
/// An expected refusal, as a value. <paramref name="Code"/> is stable (see <see cref="Codes"/>), <paramref name="Subject"/> names what was
/// refused (a node, a field), <paramref name="Detail"/> is one lower-case sentence for a person. Never holds a secret or a token.
/// </summary>
public sealed record Rejection(string Code, string Subject, string Detail)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Code}: {Detail} (`{Subject}`)";
}
