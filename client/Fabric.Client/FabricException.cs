using Fabric.Core.Common;

namespace Fabric.Client;

/// <summary>A refusal as an exception, for code that has no use for it as a value. Its message never holds a secret or a token.</summary>
public sealed class FabricException : Exception
{
    /// <summary>The exception of a refusal.</summary>
    public FabricException(Rejection rejection)
        : base(rejection.ToString()) => Rejection = rejection;

    /// <summary>What was refused and why.</summary>
    public Rejection Rejection { get; }

    /// <summary>The stable code, one of <see cref="Codes"/>.</summary>
    public string Code => Rejection.Code;
}
