using Fabric.Core.Common;
using Fabric.Core.Keys;
using Fabric.Core.Lineages;

namespace Fabric.Contracts.Feed;

/// <summary>
/// The edge is in. <paramref name="Head"/>: the newest revision. Bounds in milliseconds are those in force. <paramref name="Resumed"/>: records follow from the
/// edge's cursor, else a snapshot. <paramref name="GuardedTenant"/>: the handle of the tenant named in the hello.
/// </summary>
public readonly record struct WelcomeFrame(
    ulong Epoch, ulong Head, long ServerUnixMs, uint ReadBoundMs, uint WriteBoundMs, bool Resumed, Handle GuardedTenant)
{
    /// <summary>Writes the frame.</summary>
    public void Write(FrameBuffer to)
    {
        to.Begin(FrameType.Welcome).U8(FeedLimits.ProtocolVersion).U64(Epoch).U64(Head).I64(ServerUnixMs).U32(ReadBoundMs).U32(WriteBoundMs).Flag(Resumed);
        if (!GuardedTenant.IsZero)
        {
            to.Handle(GuardedTenant);
        }
    }

    /// <summary>Reads the payload; false when it is malformed.</summary>
    public static bool TryRead(ReadOnlySpan<byte> payload, out WelcomeFrame frame)
    {
        var read = new FrameReader(payload);
        var version = read.U8();
        frame = new WelcomeFrame(
            read.U64(), read.U64(), read.I64(), read.U32(), read.U32(), read.Flag(), read.Rest.IsEmpty ? default : read.Handle());
        return read.IsWhole && version == FeedLimits.ProtocolVersion;
    }
}

/// <summary>A frame that holds one revision: <see cref="FrameType.SnapshotBegin"/> and <see cref="FrameType.SnapshotEnd"/>.</summary>
public readonly record struct RevisionFrame(ulong Revision)
{
    /// <summary>Writes the frame.</summary>
    public void Write(FrameBuffer to, FrameType type) => to.Begin(type).U64(Revision);

    /// <summary>Reads the payload; false when it is malformed.</summary>
    public static bool TryRead(ReadOnlySpan<byte> payload, out RevisionFrame frame)
    {
        var read = new FrameReader(payload);
        frame = new RevisionFrame(read.U64());
        return read.IsWhole;
    }
}

/// <summary>A signing key, at its place in the feed. Null: a key of a tenant that the edge does not guard; the revision counts all the same (T1).</summary>
public sealed record KeyFrame(ulong Revision, VerificationKey? Key)
{
    /// <summary>Writes the frame.</summary>
    public void Write(FrameBuffer to) => KeyCodec.WriteOptional(to.Begin(FrameType.Key).U64(Revision), Key);

    /// <summary>Reads the payload; null when it is malformed.</summary>
    public static KeyFrame? TryRead(ReadOnlySpan<byte> payload)
    {
        var read = new FrameReader(payload);
        var frame = new KeyFrame(read.U64(), KeyCodec.ReadOptional(ref read));
        return read.IsWhole ? frame : null;
    }
}

/// <summary>The lease that <see cref="RenewFrame"/> <paramref name="Number"/> asked for: it counts from the moment that renewal was SENT.</summary>
public readonly record struct GrantFrame(ulong Number)
{
    /// <summary>Writes the frame.</summary>
    public void Write(FrameBuffer to) => to.Begin(FrameType.Grant).U64(Number);

    /// <summary>Reads the payload; false when it is malformed.</summary>
    public static bool TryRead(ReadOnlySpan<byte> payload, out GrantFrame frame)
    {
        var read = new FrameReader(payload);
        frame = new GrantFrame(read.U64());
        return read.IsWhole;
    }
}

/// <summary>The feed has a gap (R3): nothing is allowed until the snapshot that follows is whole. <paramref name="Code"/> says why.</summary>
public sealed record GapFrame(string Code)
{
    /// <summary>Writes the frame.</summary>
    public void Write(FrameBuffer to) => to.Begin(FrameType.Gap).Text(Code);

    /// <summary>Reads the payload; null when it is malformed.</summary>
    public static GapFrame? TryRead(ReadOnlySpan<byte> payload)
    {
        var read = new FrameReader(payload);
        var frame = new GapFrame(read.Name());
        return read.IsWhole ? frame : null;
    }
}

/// <summary>
/// A decision, at the revision and staleness it was made at. An allow counts only while <see cref="FeedLimits.AnswerValidMs"/> since the edge sent the check
/// have not passed, and only if the edge's own index does not deny (R1).
/// </summary>
public sealed record CheckAnswerFrame(uint RequestId, bool Allowed, string? Code, ulong Revision, uint StalenessMs)
{
    /// <summary>Writes the frame.</summary>
    public void Write(FrameBuffer to) =>
        to.Begin(FrameType.CheckAnswer).U32(RequestId).Flag(Allowed).U64(Revision).U32(StalenessMs).Text(Allowed ? null : Code);

    /// <summary>Reads the payload; null when it is malformed: a denial without a code, or an allow with one.</summary>
    public static CheckAnswerFrame? TryRead(ReadOnlySpan<byte> payload)
    {
        var read = new FrameReader(payload);
        var id = read.U32();
        var allowed = read.Flag();
        var revision = read.U64();
        var stalenessMs = read.U32();
        var frame = new CheckAnswerFrame(id, allowed, read.OptionalText(FeedLimits.NameBytesMax), revision, stalenessMs);
        return read.IsWhole && allowed == frame.Code is null ? frame : null;
    }
}

/// <summary>A slice of a quota, or why there is none. Units, milliseconds from when the request was SENT, and the window that a return names.</summary>
public sealed record QuotaAnswerFrame(uint RequestId, string? Code, long Units, long ValidForMs, long Window)
{
    /// <summary>Writes the frame.</summary>
    public void Write(FrameBuffer to) =>
        to.Begin(FrameType.QuotaAnswer).U32(RequestId).I64(Units).I64(ValidForMs).I64(Window).Text(Code);

    /// <summary>Reads the payload; null when it is malformed.</summary>
    public static QuotaAnswerFrame? TryRead(ReadOnlySpan<byte> payload)
    {
        var read = new FrameReader(payload);
        var id = read.U32();
        var units = read.Count();
        var validForMs = read.Count();
        var window = read.I64();
        var frame = new QuotaAnswerFrame(id, read.OptionalText(FeedLimits.NameBytesMax), units, validForMs, window);
        return read.IsWhole ? frame : null;
    }
}

/// <summary>The key that was asked for; null: there is none.</summary>
public sealed record KeyAnswerFrame(uint RequestId, VerificationKey? Key)
{
    /// <summary>Writes the frame.</summary>
    public void Write(FrameBuffer to) => KeyCodec.WriteOptional(to.Begin(FrameType.KeyAnswer).U32(RequestId), Key);

    /// <summary>Reads the payload; null when it is malformed.</summary>
    public static KeyAnswerFrame? TryRead(ReadOnlySpan<byte> payload)
    {
        var read = new FrameReader(payload);
        var frame = new KeyAnswerFrame(read.U32(), KeyCodec.ReadOptional(ref read));
        return read.IsWhole ? frame : null;
    }
}

/// <summary>Whether a usage report was taken. <paramref name="Code"/> null: it is on disk, at <paramref name="Sequence"/>.</summary>
public sealed record UsageAnswerFrame(uint RequestId, string? Code, ulong Sequence)
{
    /// <summary>Writes the frame.</summary>
    public void Write(FrameBuffer to) => to.Begin(FrameType.UsageAnswer).U32(RequestId).U64(Sequence).Text(Code);

    /// <summary>Reads the payload; null when it is malformed.</summary>
    public static UsageAnswerFrame? TryRead(ReadOnlySpan<byte> payload)
    {
        var read = new FrameReader(payload);
        var id = read.U32();
        var sequence = read.U64();
        var frame = new UsageAnswerFrame(id, read.OptionalText(FeedLimits.NameBytesMax), sequence);
        return read.IsWhole ? frame : null;
    }
}

/// <summary>
/// The connection ends. <paramref name="Code"/> is one of <see cref="Codes"/>: `fabric.stopping` asks the edge to allow nothing more and to answer
/// <see cref="FrameType.Bye"/>; the others say what the edge did wrong.
/// </summary>
public sealed record ClosingFrame(string Code)
{
    /// <summary>Writes the frame.</summary>
    public void Write(FrameBuffer to) => to.Begin(FrameType.Closing).Text(Code);

    /// <summary>Reads the payload; null when it is malformed.</summary>
    public static ClosingFrame? TryRead(ReadOnlySpan<byte> payload)
    {
        var read = new FrameReader(payload);
        var frame = new ClosingFrame(read.Name());
        return read.IsWhole ? frame : null;
    }
}
