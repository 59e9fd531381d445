using System.Reflection;
using Fabric.Client.Http;
using Fabric.Contracts;

namespace Fabric.Silo.Tests.Conformance;

/// <summary>A fabric that is there only once it is called.</summary>
public class LateFabric : DispatchProxy
{
    private Func<Task<FabricHttpClient>> _fabric = null!;

    public static IFabric Make(Func<Task<FabricHttpClient>> fabric)
    {
        var late = Create<IFabric, LateFabric>();
        ((LateFabric)(object)late)._fabric = fabric;
        return late;
    }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        var type = targetMethod!.ReturnType;
        return type.GetGenericTypeDefinition() == typeof(ValueTask<>)
            ? typeof(LateFabric).GetMethod(nameof(CallAsync), BindingFlags.NonPublic | BindingFlags.Instance)!
                .MakeGenericMethod(type.GetGenericArguments()).Invoke(this, [targetMethod, args])
            : throw new NotSupportedException($"{targetMethod.Name} has tests of its own");
    }

    private async ValueTask<T> CallAsync<T>(MethodInfo method, object?[] args) => await (ValueTask<T>)method.Invoke(await _fabric(), args)!;
}
