using System.Reflection;
using Fabric.Contracts;

namespace Fabric.Silo.Tests;

/// <summary>Another fabric, but for what a test has answered instead.</summary>
public class RelayedFabric : DispatchProxy
{
    private IFabric _inner = null!;
    private Func<string, object?> _instead = null!;

    /// <summary>A fabric around <paramref name="inner"/>. <paramref name="instead"/>: what the method of this name returns; null: what the other one does.</summary>
    public static IFabric Make(IFabric inner, Func<string, object?> instead)
    {
        var fabric = Create<IFabric, RelayedFabric>();
        (((RelayedFabric)(object)fabric)._inner, ((RelayedFabric)(object)fabric)._instead) = (inner, instead);
        return fabric;
    }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) =>
        _instead(targetMethod!.Name) ?? targetMethod.Invoke(_inner, BindingFlags.DoNotWrapExceptions, null, args, null);
}
