using Fabric.Core.Common;

namespace Fabric.LoadTests;

/// <summary>Steps that a scenario depends on: a refusal ends the run.</summary>
internal static class Outcomes
{
    /// <summary>The value, or a <see cref="LoadException"/> that names the step.</summary>
    public static T Need<T>(this Outcome<T> outcome, string step) => outcome.IsOk ? outcome.Value : throw LoadException.Of(step, outcome.Rejection);

    /// <summary>The value once it is there, or a <see cref="LoadException"/> that names the step.</summary>
    public static async Task<T> Need<T>(this ValueTask<Outcome<T>> outcome, string step) => (await outcome).Need(step);
}
