using System.CodeDom.Compiler;
using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;

namespace Fabric.Repo.Tests.Sources;

/// <summary>The public API of an assembly as text, one line a member, in a fixed order: what a reviewer reads.</summary>
public static class ApiText
{
    private const BindingFlags Declared = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    /// <summary>The text.</summary>
    public static string Of(Assembly assembly)
    {
        var text = new StringBuilder();
        foreach (var type in assembly.GetExportedTypes().OrderBy(t => t.FullName, StringComparer.Ordinal))
        {
            text.Append(Header(type)).Append('\n');
            foreach (var line in Members(type).Order(StringComparer.Ordinal))
            {
                text.Append("    ").Append(line).Append('\n');
            }
        }

        return text.ToString();
    }

    private static string Header(Type type)
    {
        var kind = type.IsEnum ? "enum" : type.IsInterface ? "interface" : typeof(Delegate).IsAssignableFrom(type) ? "delegate"
            : type.IsValueType ? "struct" : type.IsAbstract && type.IsSealed ? "static class" : type.IsAbstract ? "abstract class"
            : type.IsSealed ? "sealed class" : "class";
        var parents = new List<string>();
        if (type.BaseType is { } parent && parent != typeof(object) && parent != typeof(ValueType) && parent != typeof(Enum) && parent != typeof(MulticastDelegate))
        {
            parents.Add(TypeNames.Of(parent));
        }

        parents.AddRange(type.GetInterfaces().Where(i => i.IsPublic).Select(TypeNames.Of).Order(StringComparer.Ordinal));
        var tail = type.IsEnum || parents.Count == 0 ? "" : " : " + string.Join(", ", parents);
        return $"{kind} {type.Namespace}.{TypeNames.Of(type)}{tail}";
    }

    private static IEnumerable<string> Members(Type type) => type.IsEnum
        ? type.GetFields(BindingFlags.Public | BindingFlags.Static).Select(f => $"{f.Name} = {Convert.ToInt64(f.GetRawConstantValue(), CultureInfo.InvariantCulture)}")
        : type.GetFields(Declared).Where(f => f.IsPublic || f.IsFamily || f.IsFamilyOrAssembly).Where(IsWritten).Select(Field)
            .Concat(type.GetProperties(Declared).Where(p => p.GetAccessors(nonPublic: true).Any(IsVisible)).Where(IsWritten).Select(Property))
            .Concat(type.GetEvents(Declared).Where(e => e.AddMethod is { } add && IsVisible(add)).Select(e => $"event {TypeNames.Of(e.EventHandlerType!)} {e.Name}"))
            .Concat(type.GetConstructors(Declared).Where(c => !c.IsStatic && IsVisible(c)).Select(c => $"new({Parameters(c)})"))
            .Concat(type.GetMethods(Declared).Where(m => IsVisible(m) && IsWritten(m) && (!m.IsSpecialName || IsOperator(m))).Select(Method));

    private static bool IsOperator(MethodInfo method) => method.Name.StartsWith("op_", StringComparison.Ordinal);

    private static bool IsVisible(MethodBase method) => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly;

    // What the compiler or a generator adds follows from what is written.
    private static bool IsWritten(MemberInfo member) =>
        !member.IsDefined(typeof(CompilerGeneratedAttribute), inherit: false) && !member.IsDefined(typeof(GeneratedCodeAttribute), inherit: false)
        && !member.Name.Contains('<', StringComparison.Ordinal) && member.Name is not ("EqualityContract" or "PrintMembers");

    private static string Field(FieldInfo field)
    {
        var type = TypeNames.Of(field.FieldType, new NullabilityInfoContext().Create(field));
        return field.IsLiteral
            ? $"const {type} {field.Name} = {Value(field.GetRawConstantValue())}"
            : $"{(field.IsStatic ? "static " : "")}{(field.IsInitOnly ? "readonly " : "")}{type} {field.Name}";
    }

    private static string Property(PropertyInfo property)
    {
        var isStatic = property.GetAccessors(nonPublic: true)[0].IsStatic ? "static " : "";
        var required = property.IsDefined(typeof(RequiredMemberAttribute), inherit: false) ? "required " : "";
        var get = property.GetMethod is { } getter && IsVisible(getter) ? "get; " : "";
        var init = property.SetMethod?.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit)) == true;
        var set = property.SetMethod is { } setter && IsVisible(setter) ? init ? "init; " : "set; " : "";
        var index = string.Join(", ", property.GetIndexParameters().Select(p => TypeNames.Of(p.ParameterType)));
        var name = index.Length > 0 ? $"this[{index}]" : property.Name;
        return $"{required}{isStatic}{TypeNames.Of(property.PropertyType, new NullabilityInfoContext().Create(property))} {name} {{ {get}{set}}}";
    }

    private static string Method(MethodInfo method)
    {
        var isStatic = method.IsStatic ? "static " : "";
        var isVirtual = method.IsAbstract && !method.DeclaringType!.IsInterface ? "abstract "
            : method.IsVirtual && !method.IsFinal && !method.DeclaringType!.IsInterface && !method.DeclaringType.IsSealed ? "virtual " : "";
        var arguments = method.IsGenericMethod ? $"<{string.Join(", ", method.GetGenericArguments().Select(TypeNames.Of))}>" : "";
        var returned = TypeNames.Of(method.ReturnType, new NullabilityInfoContext().Create(method.ReturnParameter));
        return $"{isStatic}{isVirtual}{returned} {method.Name}{arguments}({Parameters(method)})";
    }

    private static string Parameters(MethodBase method) => string.Join(", ", method.GetParameters().Select(Parameter));

    private static string Parameter(ParameterInfo parameter)
    {
        var type = parameter.ParameterType;
        var by = !type.IsByRef ? "" : parameter.IsOut ? "out " : parameter.IsIn ? "in " : "ref ";
        var name = TypeNames.Of(type.IsByRef ? type.GetElementType()! : type, type.IsByRef ? null : new NullabilityInfoContext().Create(parameter));
        return $"{by}{name} {parameter.Name}{(parameter.HasDefaultValue ? " = " + Value(parameter.DefaultValue) : "")}";
    }

    private static string Value(object? value) => value switch
    {
        null => "default",
        string text => $"\"{text}\"",
        bool flag => flag ? "true" : "false",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "",
    };
}
