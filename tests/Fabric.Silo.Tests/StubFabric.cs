using System.Reflection;
using Fabric.Contracts;
using Fabric.Core.Common;

namespace Fabric.Silo.Tests;

/// <summary>A fabric that hears every call and answers what it is told: the HTTP layer alone, and nothing of an engine.</summary>
public class StubFabric : DispatchProxy
{
    public static readonly Rejection Answer = new(Codes.NodeLocked, "stub", "the stub refuses everything");

    private Func<MethodInfo, object?[], object> _answer = null!;

    public static IFabric Make(Func<MethodInfo, object?[], object> answer)
    {
        var fabric = Create<IFabric, StubFabric>();
        ((StubFabric)(object)fabric)._answer = answer;
        return fabric;
    }

    /// <summary>A refusal, as an outcome of this type.</summary>
    public static object Refuse(Type outcome) => outcome.GetMethod("op_Implicit", [typeof(Rejection)])!.Invoke(null, [Answer])!;

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        var answer = _answer(targetMethod!, args!);
        var type = targetMethod!.ReturnType;
        return type.GetGenericTypeDefinition() == typeof(ValueTask<>)
            ? Activator.CreateInstance(type, answer)
            : typeof(StubFabric).GetMethod(nameof(Once), BindingFlags.NonPublic | BindingFlags.Static)!
                .MakeGenericMethod(type.GetGenericArguments()).Invoke(null, [answer]);
    }

    private static async IAsyncEnumerable<T> Once<T>(T item)
    {
        await Task.CompletedTask;
        yield return item;
    }
}
