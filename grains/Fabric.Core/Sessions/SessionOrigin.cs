using Fabric.Core.Journal;
using Fabric.Core.Lineages;

namespace Fabric.Core.Sessions;

/// <summary>
/// Where a session comes from: who acts for whom, at whose request, delegated from what, under which ancestors. Equal for all sessions of an agent, a user
/// and a requester, so that it is held once for all of them. <paramref name="Ancestors"/>: the session's lineage without itself.
/// <paramref name="Parent"/> zero: not delegated.
/// </summary>
public sealed record SessionOrigin(
    string Tenant, string Agent, string? UserTenant, string? User, string RequestedBy, Lineage Ancestors, UInt128 Parent, byte Depth)
{
    /// <summary>What the session's credentials are held to; null: nothing.</summary>
    public SessionBinding? Binding { get; init; }

    /// <summary>The origin that an opening tells of.</summary>
    public static SessionOrigin Of(SessionOpened opened) => new(
        opened.Tenant, opened.Agent, opened.UserTenant, opened.User, opened.RequestedBy, new Lineage(opened.Lineage.Nodes[..^1]), opened.Parent, (byte)opened.Depth)
    {
        Binding = opened.Binding,
    };

    /// <summary>Writes it for a checkpoint.</summary>
    public void Write(RecordWriter writer)
    {
        writer.Text(Tenant);
        writer.Text(Agent);
        writer.Text(UserTenant);
        writer.Text(User);
        writer.Text(RequestedBy);
        writer.Lineage(Ancestors);
        writer.Id(Parent);
        writer.Byte(Depth);
        Binding?.Write(writer);
    }

    /// <summary>Reads what <see cref="Write"/> wrote. Throws <see cref="InvalidRecordException"/> on anything else.</summary>
    public static SessionOrigin Read(ReadOnlySpan<byte> source)
    {
        var reader = new RecordReader(source);
        var origin = new SessionOrigin(
            reader.Text(), reader.Text(), reader.TextOrNull(), reader.TextOrNull(), reader.Text(), reader.Lineage(), reader.Id(), reader.Byte());
        return reader.AtEnd ? origin : origin with { Binding = SessionBinding.Read(ref reader) };
    }
}
