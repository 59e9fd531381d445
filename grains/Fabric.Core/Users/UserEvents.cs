using System.Text.Json;
using Fabric.Core.Journal;
using Fabric.Core.Lineages;

namespace Fabric.Core.Users;

/// <summary>A user was registered.</summary>
public sealed record UserRegistered(string Tenant, string Id, string Name, IReadOnlyList<string> Groups) : FabricEvent
{
    /// <inheritdoc/>
    public override string Kind => "user.registered";
    /// <inheritdoc/>
    public override NodeRef Node => new(NodeKind.User, Tenant, Id);
    internal override byte Number => 20;

    /// <inheritdoc/>
    public override void Describe(Utf8JsonWriter json) => UserFields.Describe(json, Name, Groups);

    internal override void Write(RecordWriter writer) => UserFields.Write(writer, Tenant, Id, Name, Groups);

    internal static UserRegistered Read(ref RecordReader reader) =>
        new(reader.Text(), reader.Text(), reader.Text(), UserFields.ReadGroups(ref reader));
}

/// <summary>A user's name or groups were changed; all fields as they are now.</summary>
public sealed record UserAmended(string Tenant, string Id, string Name, IReadOnlyList<string> Groups) : FabricEvent
{
    /// <inheritdoc/>
    public override string Kind => "user.amended";
    /// <inheritdoc/>
    public override NodeRef Node => new(NodeKind.User, Tenant, Id);
    internal override byte Number => 21;

    /// <inheritdoc/>
    public override void Describe(Utf8JsonWriter json) => UserFields.Describe(json, Name, Groups);

    internal override void Write(RecordWriter writer) => UserFields.Write(writer, Tenant, Id, Name, Groups);

    internal static UserAmended Read(ref RecordReader reader) =>
        new(reader.Text(), reader.Text(), reader.Text(), UserFields.ReadGroups(ref reader));
}

/// <summary>What a user signs in with was set; null: it does not sign in any more. The password itself is nowhere.</summary>
public sealed record UserSignInSet(string Tenant, string Id, UserSignIn? SignIn) : FabricEvent
{
    /// <inheritdoc/>
    public override string Kind => "user.sign_in_set";
    /// <inheritdoc/>
    public override NodeRef Node => new(NodeKind.User, Tenant, Id);
    internal override byte Number => 22;

    /// <inheritdoc/>
    public override void Describe(Utf8JsonWriter json)
    {
        json.WriteBoolean("signsIn", SignIn is not null);
        json.WriteBoolean("approves", SignIn?.Approves ?? false);
    }

    internal override void Write(RecordWriter writer)
    {
        writer.Text(Tenant);
        writer.Text(Id);
        writer.Bool(SignIn is not null);
        if (SignIn is not null)
        {
            writer.Bytes(SignIn.Salt.Span);
            writer.Bytes(SignIn.Hash.Span);
            writer.Number(SignIn.Iterations);
            writer.Bool(SignIn.Approves);
        }
    }

    internal static UserSignInSet Read(ref RecordReader reader) => new(
        reader.Text(), reader.Text(),
        reader.Bool() ? new UserSignIn(reader.Bytes().ToArray(), reader.Bytes().ToArray(), (int)reader.Long(), reader.Bool()) : null);
}

internal static class UserFields
{
    internal static void Describe(Utf8JsonWriter json, string name, IReadOnlyList<string> groups)
    {
        json.WriteString("name", name);
        json.WriteStartArray("groups");
        foreach (var group in groups)
        {
            json.WriteStringValue(group);
        }

        json.WriteEndArray();
    }

    internal static void Write(RecordWriter writer, string tenant, string id, string name, IReadOnlyList<string> groups)
    {
        writer.Text(tenant);
        writer.Text(id);
        writer.Text(name);
        writer.Number((ulong)groups.Count);
        foreach (var group in groups)
        {
            writer.Text(group);
        }
    }

    internal static IReadOnlyList<string> ReadGroups(ref RecordReader reader)
    {
        var groups = new string[reader.Count()];
        for (var i = 0; i < groups.Length; i++)
        {
            groups[i] = reader.Text();
        }

        return groups;
    }
}
