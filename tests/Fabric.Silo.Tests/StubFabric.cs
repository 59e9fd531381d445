using System.Collections.Concurrent;
using System.Reflection;
using Fabric.Contracts;
using Fabric.Core.Common;

namespace Fabric.Silo.Tests;

/// <summary>A fabric that refuses every call with one code and remembers its name: what the HTTP layer lets through, and nothing of an engine.</summary>
public class StubFabric : DispatchProxy
{
    public static readonly Rejection Answer = new(Codes.NodeLocked, "stub", "the stub refuses everything");

    private ConcurrentQueue<string> _calls = new();

    public static IFabric Make(ConcurrentQueue<string> calls)
    {
        var fabric = Create<IFabric, StubFabric>();
        ((StubFabric)(object)fabric)._calls = calls;
        return fabric;
    }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        _calls.Enqueue(targetMethod!.Name);
        var answer = targetMethod.ReturnType.GetGenericArguments()[0];
        var refused = answer.GetMethod("op_Implicit", [typeof(Rejection)])!.Invoke(null, [Answer]);
        return targetMethod.ReturnType.GetGenericTypeDefinition() == typeof(ValueTask<>)
            ? Activator.CreateInstance(targetMethod.ReturnType, refused)
            : typeof(StubFabric).GetMethod(nameof(Once), BindingFlags.NonPublic | BindingFlags.Static)!.MakeGenericMethod(answer).Invoke(null, [refused]);
    }

    private static async IAsyncEnumerable<T> Once<T>(T item)
    {
        await Task.CompletedTask;
        yield return item;
    }
}
