using Fabric.Core.Journal;
using Fabric.Core.Sessions;

namespace Fabric.Grains.Sessions;

/// <summary>A session as its table keeps it: its opening, where it stands, and the agents of the chain above it, so that nothing of its parents is needed any more.</summary>
internal sealed record SessionRow(SessionState State, IReadOnlyList<(string Tenant, string Agent)> Chain)
{
    private const byte Format = 1;

    internal byte[] Write()
    {
        var (state, writer) = (State, new RecordWriter());
        writer.Byte(Format);
        EventCodec.Write(
            new SessionOpened(
                state.Id, state.Tenant, state.Agent, state.UserTenant, state.User, state.Purpose, state.ReadScopes(), state.LineageWith(), state.RequestedBy,
                SessionStatus.Requested, state.ExpiresAt, state.LifetimeMs, state.Parent, state.Depth)
            {
                Binding = state.Binding,
            },
            writer);
        writer.Moment(state.OpenedAt);
        writer.Byte((byte)state.Status);
        writer.Text(state.ApprovedBy);
        writer.Number((ulong)Chain.Count);
        foreach (var (tenant, agent) in Chain)
        {
            writer.Text(tenant);
            writer.Text(agent);
        }

        return writer.Written.ToArray();
    }

    /// <summary>Reads what <see cref="Write"/> wrote. The issued credentials are counted in the inventory.</summary>
    internal static SessionRow Read(ReadOnlySpan<byte> row, uint credentialsIssued = 0, UInt128 lastCredential = default)
    {
        var reader = new RecordReader(row);
        if (reader.Byte() != Format)
        {
            throw new InvalidRecordException("the session is of a newer version");
        }

        var opened = (SessionOpened)EventCodec.Read(ref reader);
        var state = new SessionState(opened, reader.Moment());
        state.Restore((SessionStatus)reader.Byte(), reader.TextOrNull(), opened.ExpiresAt, credentialsIssued, lastCredential);
        var chain = new (string, string)[reader.Count()];
        for (var i = 0; i < chain.Length; i++)
        {
            chain[i] = (reader.Text(), reader.Text());
        }

        return new SessionRow(state, chain);
    }
}
