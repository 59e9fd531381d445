using Fabric.Core.Journal;
using Fabric.Core.Lineages;

namespace Fabric.Core.Quotas;

/// <summary>
/// Units of a counter were handed out. Carries the sums after it, so that applying it twice at replay changes nothing: of all units, and of those that
/// <paramref name="Drawer"/> holds of this window. Journals of before drawers were told apart have none: such units are never given back.
/// </summary>
public sealed record QuotaDrawn(Handle Quota, long Units, long Window, long UsedAfter, string? Drawer = null, long HeldAfter = 0) : FabricEvent
{
    /// <inheritdoc/>
    public override string Kind => "quota.drawn";
    /// <inheritdoc/>
    public override NodeRef Node => default;
    internal override byte Number => Drawer is null ? (byte)70 : (byte)72;

    internal override void Write(RecordWriter writer)
    {
        writer.Handle(Quota);
        writer.Number(Units);
        writer.Number(Window);
        writer.Number(UsedAfter);
        if (Drawer is not null)
        {
            writer.Text(Drawer);
            writer.Number(HeldAfter);
        }
    }

    internal static QuotaDrawn ReadNameless(ref RecordReader reader) => new(reader.Handle(), reader.Long(), reader.Long(), reader.Long());

    internal static QuotaDrawn Read(ref RecordReader reader) =>
        new(reader.Handle(), reader.Long(), reader.Long(), reader.Long(), reader.Text(), reader.Long());
}

/// <summary>Unused units of a counter came back from <paramref name="Drawer"/>. Carries the sums after it.</summary>
public sealed record QuotaReturned(Handle Quota, long Units, long Window, long UsedAfter, string? Drawer = null, long HeldAfter = 0) : FabricEvent
{
    /// <inheritdoc/>
    public override string Kind => "quota.returned";
    /// <inheritdoc/>
    public override NodeRef Node => default;
    internal override byte Number => Drawer is null ? (byte)71 : (byte)73;

    internal override void Write(RecordWriter writer)
    {
        writer.Handle(Quota);
        writer.Number(Units);
        writer.Number(Window);
        writer.Number(UsedAfter);
        if (Drawer is not null)
        {
            writer.Text(Drawer);
            writer.Number(HeldAfter);
        }
    }

    internal static QuotaReturned ReadNameless(ref RecordReader reader) => new(reader.Handle(), reader.Long(), reader.Long(), reader.Long());

    internal static QuotaReturned Read(ref RecordReader reader) =>
        new(reader.Handle(), reader.Long(), reader.Long(), reader.Long(), reader.Text(), reader.Long());
}
