using System.Diagnostics;
using System.Reflection;
using BenchmarkDotNet.Attributes;
using Fabric.Benchmarks.Limits;

namespace Fabric.Benchmarks.Running;

/// <summary>One benchmark: a method of a class that names the limit of its times.</summary>
internal sealed record Subject(Type Type, MethodInfo Method, string Limit)
{
    /// <summary>Every benchmark, in the order of their names.</summary>
    public static IReadOnlyList<Subject> All { get; } =
    [
        .. typeof(Subject).Assembly.GetTypes()
            .SelectMany(type => type.GetCustomAttribute<LimitAttribute>() is { } limit
                ? type.GetMethods().Where(method => method.IsDefined(typeof(BenchmarkAttribute))).Select(method => new Subject(type, method, limit.Name)) : [])
            .OrderBy(subject => subject.Name, StringComparer.Ordinal),
    ];

    /// <summary>Whether the compiler was told to leave everything as it is written: times say nothing then, and some objects are made that optimised code does without.</summary>
    public static bool IsDebugBuild { get; } = typeof(Subject).Assembly.GetCustomAttribute<DebuggableAttribute>() is { IsJITOptimizerDisabled: true };

    /// <summary>Its name in the baseline: `Index.Insert`.</summary>
    public string Name => $"{Type.Name.Replace("Benchmarks", "", StringComparison.Ordinal)}.{Method.Name}";

    /// <summary>Operations of one call.</summary>
    public int Operations => Method.GetCustomAttribute<BenchmarkAttribute>()!.OperationsPerInvoke;

    /// <summary>The benchmark as it is called, its class set up as BenchmarkDotNet does it.</summary>
    public Func<int> Prepare()
    {
        var instance = Activator.CreateInstance(Type)!;
        foreach (var setUp in Type.GetMethods().Where(method => method.IsDefined(typeof(GlobalSetupAttribute))))
        {
            setUp.Invoke(instance, null);
        }

        return Method.CreateDelegate<Func<int>>(instance);
    }
}
