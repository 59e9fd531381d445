namespace Fabric.Benchmarks.Limits;

/// <summary>Which of <see cref="MachineLimits"/> the times of a class of benchmarks are told as multiples of: the one that bounds them.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class LimitAttribute(string name) : Attribute
{
    /// <summary>The limit's method.</summary>
    public string Name => name;
}
