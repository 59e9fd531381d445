using Fabric.Core.Journal;
using Fabric.Core.Lineages;

namespace Fabric.Core.Quotas;

/// <summary>Units of a counter were handed out. Carries the sum after it, so that applying it twice at replay changes nothing.</summary>
public sealed record QuotaDrawn(Handle Quota, long Units, long Window, long UsedAfter) : FabricEvent
{
    /// <inheritdoc/>
    public override string Kind => "quota.drawn";
    /// <inheritdoc/>
    public override NodeRef Node => default;
    internal override byte Number => 70;

    internal override void Write(RecordWriter writer)
    {
        writer.Handle(Quota);
        writer.Number(Units);
        writer.Number(Window);
        writer.Number(UsedAfter);
    }

    internal static QuotaDrawn Read(ref RecordReader reader) => new(reader.Handle(), reader.Long(), reader.Long(), reader.Long());
}

/// <summary>Unused units of a counter came back. Carries the sum after it.</summary>
public sealed record QuotaReturned(Handle Quota, long Units, long Window, long UsedAfter) : FabricEvent
{
    /// <inheritdoc/>
    public override string Kind => "quota.returned";
    /// <inheritdoc/>
    public override NodeRef Node => default;
    internal override byte Number => 71;

    internal override void Write(RecordWriter writer)
    {
        writer.Handle(Quota);
        writer.Number(Units);
        writer.Number(Window);
        writer.Number(UsedAfter);
    }

    internal static QuotaReturned Read(ref RecordReader reader) => new(reader.Handle(), reader.Long(), reader.Long(), reader.Long());
}
