using Fabric.Core.Common;

namespace Fabric.Client;

/// <summary>Outcomes as values or exceptions.</summary>
public static class OutcomeExtensions
{
    /// <summary>The value, or a <see cref="FabricException"/>.</summary>
    public static T OrThrow<T>(this Outcome<T> outcome) => outcome.IsOk ? outcome.Value : throw new FabricException(outcome.Rejection);

    /// <summary>The value once it is there, or a <see cref="FabricException"/>.</summary>
    public static async ValueTask<T> OrThrow<T>(this ValueTask<Outcome<T>> outcome) => (await outcome).OrThrow();
}
