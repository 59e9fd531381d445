namespace Fabric.Embedded.Storage;

/// <summary>
/// The fabric cannot start on this data folder. The message names the folder or file and says what to do; it never holds a secret.
/// Codes: <see cref="StartCodes"/>.
/// </summary>
public sealed class FabricStartException : Exception
{
    /// <summary>A start error with a stable code of <see cref="StartCodes"/> and one sentence for the operator.</summary>
    public FabricStartException(string code, string message, Exception? inner = null)
        : base(message, inner) => Code = code;

    /// <summary>The stable code, one of <see cref="StartCodes"/>.</summary>
    public string Code { get; }
}
