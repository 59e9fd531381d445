using Fabric.Core.Journal;
using Fabric.Core.Nodes;
using Fabric.Core.Quotas;

namespace Fabric.Embedded.Engine;

/// <summary>Locks and quotas as rows of the state store: a format byte, then the fields.</summary>
internal static class StateRows
{
    private const byte Format = 1;

    internal static byte[] Write(LockState state, RecordWriter writer)
    {
        Begin(writer);
        writer.Node(state.Node);
        writer.Handle(state.Handle);
        writer.Moment(state.Until);
        writer.Text(state.Reason);
        writer.Text(state.By);
        writer.Moment(state.LockedAt);
        return writer.Written.ToArray();
    }

    internal static LockState ReadLock(ReadOnlySpan<byte> row)
    {
        var reader = Open(row);
        return new LockState(reader.Node(), reader.Handle(), reader.Moment(), reader.Text(), reader.Text(), reader.Moment());
    }

    internal static byte[] Write(QuotaState state, RecordWriter writer)
    {
        Begin(writer);
        writer.Handle(state.Quota.Id);
        writer.Number(state.Quota.Limit);
        writer.Number(state.Quota.PeriodMs);
        writer.Moment(state.DropAfter);
        writer.Number(state.Window);
        writer.Number(state.Used);
        foreach (var (drawer, held) in state.Held)
        {
            writer.Text(drawer);
            writer.Number(held);
        }

        return writer.Written.ToArray();
    }

    internal static QuotaState ReadQuota(ReadOnlySpan<byte> row)
    {
        var reader = Open(row);
        var state = new QuotaState(new QuotaRef(reader.Handle(), reader.Long(), reader.Long()), reader.Moment());
        state.Restore(reader.Long(), reader.Long());

        // A row of before drawers were told apart ends here.
        while (!reader.AtEnd)
        {
            state.RestoreHeld(reader.Text(), reader.Long());
        }

        return state;
    }

    private static void Begin(RecordWriter writer)
    {
        writer.Clear();
        writer.Byte(Format);
    }

    private static RecordReader Open(ReadOnlySpan<byte> row)
    {
        var reader = new RecordReader(row);
        return reader.Byte() == Format ? reader : throw new InvalidRecordException("the state store is of a newer version");
    }
}
