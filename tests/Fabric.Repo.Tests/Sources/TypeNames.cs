using System.Reflection;

namespace Fabric.Repo.Tests.Sources;

/// <summary>Names of types as C# writes them.</summary>
public static class TypeNames
{
    private static readonly Dictionary<Type, string> Keywords = new()
    {
        [typeof(void)] = "void", [typeof(bool)] = "bool", [typeof(byte)] = "byte", [typeof(sbyte)] = "sbyte", [typeof(short)] = "short",
        [typeof(ushort)] = "ushort", [typeof(int)] = "int", [typeof(uint)] = "uint", [typeof(long)] = "long", [typeof(ulong)] = "ulong",
        [typeof(float)] = "float", [typeof(double)] = "double", [typeof(decimal)] = "decimal", [typeof(char)] = "char",
        [typeof(string)] = "string", [typeof(object)] = "object",
    };

    /// <summary>The name of a type.</summary>
    public static string Of(Type type) => Of(type, null);

    /// <summary>The name of a type, with `?` where a reference may be null.</summary>
    public static string Of(Type type, NullabilityInfo? nullability)
    {
        if (Nullable.GetUnderlyingType(type) is { } inner)
        {
            return Of(inner) + "?";
        }

        var mark = nullability?.ReadState == NullabilityState.Nullable && !type.IsValueType ? "?" : "";
        return Plain(type, nullability) + mark;
    }

    private static string Plain(Type type, NullabilityInfo? nullability)
    {
        if (Keywords.TryGetValue(type, out var keyword))
        {
            return keyword;
        }

        if (type.IsArray)
        {
            return Of(type.GetElementType()!, nullability?.ElementType) + "[]";
        }

        if (type.IsPointer || type.IsByRef)
        {
            return Of(type.GetElementType()!) + (type.IsPointer ? "*" : "&");
        }

        if (type.IsGenericParameter)
        {
            return type.Name;
        }

        var outer = type.IsNested ? Bare(type.DeclaringType!) + "." : "";
        var own = type.GetGenericArguments();
        if (own.Length == 0)
        {
            return outer + type.Name;
        }

        var known = nullability?.GenericTypeArguments ?? [];
        var arguments = own.Select((argument, i) => Of(argument, i < known.Length ? known[i] : null));
        return $"{outer}{Bare(type)}<{string.Join(", ", arguments)}>";
    }

    private static string Bare(Type type)
    {
        var tick = type.Name.IndexOf('`', StringComparison.Ordinal);
        return tick < 0 ? type.Name : type.Name[..tick];
    }
}
