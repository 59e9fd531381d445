using Fabric.Core.Common;

namespace Fabric.LoadTests;

/// <summary>A run that cannot be carried out, with what to do about it.</summary>
internal sealed class LoadException(string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>A step that the fabric refused although the scenario depends on it.</summary>
    public static LoadException Of(string step, Rejection rejection) => new($"{step}: {rejection}");
}
