using System.Reflection;
using System.Text.Json;

namespace Fabric.Silo.Tests.Http;

/// <summary>Makes a value of any wire type, every field filled, from a seed.</summary>
internal sealed class Samples(int seed)
{
    private const string Letters = "abcXYZ019._-@:+";

    // Outside of ids any text may stand.
    private const string Any = Letters + " /%?&=#\"\\äß漢'<>{}";
    private readonly Random _random = new(seed);
    private readonly NullabilityInfoContext _nullability = new();

    public object?[] ArgumentsOf(MethodInfo method) => [.. method.GetParameters().Select(ArgumentOf)];

    public object Value(Type type, string name = "")
    {
        var plain = Nullable.GetUnderlyingType(type) ?? type;
        return plain == typeof(string) ? Text(name)
            : plain == typeof(int) ? _random.Next(1, 1_000)
            : plain == typeof(long) ? _random.NextInt64(1, 1L << 50)
            : plain == typeof(uint) ? (uint)_random.Next(1, int.MaxValue)
            : plain == typeof(ulong) ? (ulong)_random.NextInt64(1, 1L << 60)
            : plain == typeof(bool) ? _random.Next(2) == 1
            : plain == typeof(double) ? _random.Next(1, 100_000) / 8.0
            : plain == typeof(DateTimeOffset) ? DateTimeOffset.FromUnixTimeMilliseconds(_random.NextInt64(1_700_000_000_000, 1_900_000_000_000))
            : plain == typeof(JsonElement) ? JsonDocument.Parse($"{{\"a\":{_random.Next()}}}").RootElement
            : plain.IsGenericType && plain.GetGenericTypeDefinition() == typeof(IReadOnlyList<>) ? List(plain.GetGenericArguments()[0], name)
            : Record(plain);
    }

    /// <summary>What a call answers: a value, as its outcome.</summary>
    public object Outcome(Type outcome) => outcome.GetMethod("op_Implicit", [outcome.GetGenericArguments()[0]])!
        .Invoke(null, [Value(outcome.GetGenericArguments()[0])])!;

    private object? ArgumentOf(ParameterInfo parameter) =>
        parameter.ParameterType == typeof(CancellationToken) ? CancellationToken.None
        : parameter.Name == "wait" ? "confirmed"
        : Value(parameter.ParameterType, "id");

    private Array List(Type item, string name)
    {
        var list = Array.CreateInstance(item, _random.Next(1, 4));
        for (var i = 0; i < list.Length; i++)
        {
            list.SetValue(Value(item, name), i);
        }
        return list;
    }

    private object Record(Type type)
    {
        var constructor = type.GetConstructors().MaxBy(each => each.GetParameters().Length)!;
        return constructor.Invoke([.. constructor.GetParameters().Select(Field)]);
    }

    private object? Field(ParameterInfo parameter)
    {
        var mayBeNull = Nullable.GetUnderlyingType(parameter.ParameterType) is not null
            || _nullability.Create(parameter).WriteState == NullabilityState.Nullable;
        return mayBeNull && _random.Next(4) == 0 ? null : Value(parameter.ParameterType, parameter.Name!);
    }

    private string Text(string name)
    {
        // Where a text goes into a path or names a node, only what ids hold.
        var letters = name.ToUpperInvariant() is "ID" or "TENANT" or "KIND" or "CURSOR" or "IDEMPOTENCYKEY" ? Letters : Any;
        return new string([.. Enumerable.Range(0, _random.Next(3, 12)).Select(_ => letters[_random.Next(letters.Length)])]);
    }
}
