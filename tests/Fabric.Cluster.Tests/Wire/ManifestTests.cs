using System.Reflection;
using System.Text;
using Fabric.Contracts.Orleans;
using Fabric.Grains;

namespace Fabric.Cluster.Tests.Wire;

/// <summary>
/// What silos of different versions say to each other, as a reviewed text: names and numbers of types, fields and calls. A change of it needs a page in
/// docs/decisions, since a rolling upgrade has both versions at one time. `FABRIC_WRITE_MANIFEST=1` rewrites it.
/// </summary>
public sealed class ManifestTests
{
    private static readonly Assembly[] Assemblies = [typeof(ClusterEngine).Assembly, typeof(IEdgeGateGrain).Assembly];

    [Fact]
    public void The_wire_is_as_the_manifest_says()
    {
        var path = Path.Combine(Root(), "tests", "Fabric.Cluster.Tests", "Wire", "manifest.txt");
        var text = Write();
        if (Environment.GetEnvironmentVariable("FABRIC_WRITE_MANIFEST") == "1")
        {
            File.WriteAllText(path, text);
        }

        Assert.Equal(File.ReadAllText(path), text);
    }

    [Fact]
    public void Every_type_and_call_on_the_wire_has_a_name_that_does_not_change()
    {
        Assert.All(Serialized(), type => Assert.NotNull(type.GetCustomAttribute<AliasAttribute>()));
        Assert.All(Interfaces(), type => Assert.NotNull(type.GetCustomAttribute<AliasAttribute>()));
        Assert.All(Interfaces().SelectMany(type => type.GetMethods()), method => Assert.NotNull(method.GetCustomAttribute<AliasAttribute>()));
        Assert.All(
            Serialized().SelectMany(type => type.GetProperties(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly).Where(property => property is { CanWrite: true })), property => Assert.NotNull(property.GetCustomAttribute<IdAttribute>()));
    }

    private static IEnumerable<Type> Serialized() => Assemblies.SelectMany(assembly => assembly.GetTypes())
        .Where(type => type.GetCustomAttribute<GenerateSerializerAttribute>() is not null);

    private static IEnumerable<Type> Interfaces() => Assemblies.SelectMany(assembly => assembly.GetTypes())
        .Where(type => type.IsInterface && typeof(IAddressable).IsAssignableFrom(type));

    private static string Write()
    {
        var text = new StringBuilder();
        foreach (var type in Serialized().OrderBy(type => type.GetCustomAttribute<AliasAttribute>()!.Alias, StringComparer.Ordinal))
        {
            text.Append("type ").Append(type.GetCustomAttribute<AliasAttribute>()!.Alias).Append('\n');
            foreach (var property in type.GetProperties().Where(property => property.GetCustomAttribute<IdAttribute>() is not null).OrderBy(property => property.GetCustomAttribute<IdAttribute>()!.Id))
            {
                text.Append("  ").Append(property.GetCustomAttribute<IdAttribute>()!.Id).Append(' ').Append(NameOf(property.PropertyType)).Append(' ').Append(property.Name).Append('\n');
            }
        }

        foreach (var type in Interfaces().OrderBy(type => type.GetCustomAttribute<AliasAttribute>()!.Alias, StringComparer.Ordinal))
        {
            text.Append("grain ").Append(type.GetCustomAttribute<AliasAttribute>()!.Alias).Append('\n');
            foreach (var method in type.GetMethods().OrderBy(method => method.GetCustomAttribute<AliasAttribute>()!.Alias, StringComparer.Ordinal))
            {
                text.Append("  ").Append(method.GetCustomAttribute<AliasAttribute>()!.Alias).Append('(')
                    .AppendJoin(", ", method.GetParameters().Select(parameter => NameOf(parameter.ParameterType))).Append(") ").Append(NameOf(method.ReturnType)).Append('\n');
            }
        }

        return text.ToString();
    }

    private static string NameOf(Type type) => type.IsGenericType
        ? $"{type.Name[..type.Name.IndexOf('`', StringComparison.Ordinal)]}<{string.Join(", ", type.GetGenericArguments().Select(NameOf))}>"
        : type.Name;

    private static string Root()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); ; folder = folder.Parent!)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Fabric.sln")))
            {
                return folder.FullName;
            }
        }
    }
}
