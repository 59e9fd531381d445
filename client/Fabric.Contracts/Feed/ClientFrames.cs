using Fabric.Core.Lineages;
using Fabric.Core.Scopes;

namespace Fabric.Contracts.Feed;

/// <summary>
/// The first frame of an edge. <paramref name="Instance"/> is random, one a process and index: a connection with the same takes over the lease of the one
/// before it, while two processes that were given one name have a lease each. Bounds in milliseconds: <paramref name="ReadBoundMs"/> and <paramref name="WriteBoundMs"/> 0 take the fabric's, more may only
/// tighten them; <paramref name="BestEffortMs"/> above 0 (at most an hour) is a longer read bound that the edge opts in to. <paramref name="Epoch"/> and
/// <paramref name="Revision"/> are its cursor, 0 and 0 without one. <paramref name="Tenant"/> is the tenant that it guards, null: all.
/// </summary>
public sealed record HelloFrame(
    byte Version, string Edge, UInt128 Instance, uint RenewEveryMs, uint ReadBoundMs, uint WriteBoundMs, uint BestEffortMs, ulong Epoch, ulong Revision, string? Tenant)
{
    /// <summary>Writes the frame.</summary>
    public void Write(FrameBuffer to) => to.Begin(FrameType.Hello)
        .U8(Version).Text(Edge).U128(Instance).U32(RenewEveryMs).U32(ReadBoundMs).U32(WriteBoundMs).U32(BestEffortMs).U64(Epoch).U64(Revision).Text(Tenant);

    /// <summary>
    /// Reads the payload; null when it is malformed. Another version's frame may be longer: then only the version is sure, so that the
    /// refusal can name it.
    /// </summary>
    public static HelloFrame? TryRead(ReadOnlySpan<byte> payload)
    {
        var read = new FrameReader(payload);
        var version = read.U8();
        if (version != FeedLimits.ProtocolVersion)
        {
            return read.Failed ? null : new HelloFrame(version, "", 0, 0, 0, 0, 0, 0, 0, null);
        }

        var hello = new HelloFrame(
            version, read.Name(), read.U128(), read.U32(), read.U32(), read.U32(), read.U32(), read.U64(), read.U64(), read.OptionalText(FeedLimits.NameBytesMax));
        return read.IsWhole && hello.BestEffortMs <= FeedLimits.BestEffortMsMax && hello.RenewEveryMs > 0 ? hello : null;
    }
}

/// <summary>
/// Asks for a lease. <paramref name="Number"/> grows with each renewal of a connection; the edge remembers when it sent it. <paramref name="Revision"/> is
/// acknowledged as with <see cref="AckFrame"/>.
/// </summary>
public readonly record struct RenewFrame(ulong Number, ulong Revision, uint InFlightCancelled)
{
    /// <summary>Writes the frame.</summary>
    public void Write(FrameBuffer to) => to.Begin(FrameType.Renew).U64(Number).U64(Revision).U32(InFlightCancelled);

    /// <summary>Reads the payload; false when it is malformed.</summary>
    public static bool TryRead(ReadOnlySpan<byte> payload, out RenewFrame frame)
    {
        var read = new FrameReader(payload);
        frame = new RenewFrame(read.U64(), read.U64(), read.U32());
        return read.IsWhole;
    }
}

/// <summary>
/// The edge has applied everything up to <paramref name="Revision"/>. <paramref name="InFlightCancelled"/>: calls that it had begun and has cancelled since its
/// last acknowledgement, because of what it applied.
/// </summary>
public readonly record struct AckFrame(ulong Revision, uint InFlightCancelled)
{
    /// <summary>Writes the frame.</summary>
    public void Write(FrameBuffer to) => to.Begin(FrameType.Ack).U64(Revision).U32(InFlightCancelled);

    /// <summary>Reads the payload; false when it is malformed.</summary>
    public static bool TryRead(ReadOnlySpan<byte> payload, out AckFrame frame)
    {
        var read = new FrameReader(payload);
        frame = new AckFrame(read.U64(), read.U32());
        return read.IsWhole;
    }
}

/// <summary>
/// Asks the fabric to decide a call. <paramref name="MinRevision"/> 0: none asked for. Null: no environment, no audience stated. <paramref name="ProofKey"/>: the thumbprint of the key
/// that the edge saw proven (RFC 9449); it ends the frame, and is left out when there is none.
/// </summary>
public sealed record CheckFrame(uint RequestId, ulong MinRevision, string Token, ToolCall Call, string? Environment, string? Audience, string? ProofKey = null)
{
    /// <summary>Without the token: a log is no place for it.</summary>
    public override string ToString() => $"{nameof(CheckFrame)} {{ {RequestId}: {Call} }}";

    /// <summary>Writes the frame. Throws <see cref="ArgumentException"/> when a text is past its limit.</summary>
    public void Write(FrameBuffer to)
    {
        to.Begin(FrameType.Check)
            .U32(RequestId).U64(MinRevision).U8((byte)Call.Class).Text(Token, FeedLimits.TokenBytesMax)
            .Text(Call.Tool, FeedLimits.CallBytesMax).Text(Call.Action, FeedLimits.CallBytesMax).Text(Call.Resource, FeedLimits.CallBytesMax)
            .Text(Environment).Text(Audience, FeedLimits.CallBytesMax);
        if (ProofKey is not null)
        {
            to.Text(ProofKey);
        }
    }

    /// <summary>Reads the payload; null when it is malformed.</summary>
    public static CheckFrame? TryRead(ReadOnlySpan<byte> payload)
    {
        var read = new FrameReader(payload);
        var id = read.U32();
        var minRevision = read.U64();
        var actionClass = (ActionClass)read.U8();
        var token = read.Text(FeedLimits.TokenBytesMax);
        var call = new ToolCall(
            read.Text(FeedLimits.CallBytesMax), read.Text(FeedLimits.CallBytesMax), read.Text(FeedLimits.CallBytesMax), actionClass);
        var frame = new CheckFrame(
            id, minRevision, token, call, read.OptionalText(FeedLimits.NameBytesMax), read.OptionalText(FeedLimits.CallBytesMax),
            read.IsWhole ? null : read.Name());
        return read.IsWhole && actionClass is >= ActionClass.Read and <= ActionClass.Destructive ? frame : null;
    }
}

/// <summary>Draws up to <paramref name="Want"/> units (at least 1) of a quota.</summary>
public readonly record struct TakeQuotaFrame(uint RequestId, Handle Quota, long Want)
{
    /// <summary>Writes the frame.</summary>
    public void Write(FrameBuffer to) => to.Begin(FrameType.TakeQuota).U32(RequestId).Handle(Quota).I64(Want);

    /// <summary>Reads the payload; false when it is malformed.</summary>
    public static bool TryRead(ReadOnlySpan<byte> payload, out TakeQuotaFrame frame)
    {
        var read = new FrameReader(payload);
        frame = new TakeQuotaFrame(read.U32(), read.Handle(), read.Count());
        return read.IsWhole && frame.Want > 0;
    }
}

/// <summary>Gives units of a window back. Not answered.</summary>
public readonly record struct ReturnQuotaFrame(Handle Quota, long Units, long Window)
{
    /// <summary>Writes the frame.</summary>
    public void Write(FrameBuffer to) => to.Begin(FrameType.ReturnQuota).Handle(Quota).I64(Units).I64(Window);

    /// <summary>Reads the payload; false when it is malformed.</summary>
    public static bool TryRead(ReadOnlySpan<byte> payload, out ReturnQuotaFrame frame)
    {
        var read = new FrameReader(payload);
        frame = new ReturnQuotaFrame(read.Handle(), read.Count(), read.I64());
        return read.IsWhole && frame.Units > 0;
    }
}

/// <summary>Asks for the signing key of a key id.</summary>
public sealed record FetchKeyFrame(uint RequestId, string Kid)
{
    /// <summary>Writes the frame.</summary>
    public void Write(FrameBuffer to) => to.Begin(FrameType.FetchKey).U32(RequestId).Text(Kid);

    /// <summary>Reads the payload; null when it is malformed.</summary>
    public static FetchKeyFrame? TryRead(ReadOnlySpan<byte> payload)
    {
        var read = new FrameReader(payload);
        var frame = new FetchKeyFrame(read.U32(), read.Name());
        return read.IsWhole ? frame : null;
    }
}

/// <summary>Reports usage: <see cref="Report"/> is the UTF-8 JSON of an <see cref="Audit.UsageReport"/>.</summary>
public readonly ref struct UsageFrame(uint requestId, ReadOnlySpan<byte> report)
{
    /// <summary>Bytes of a report that fit in a frame.</summary>
    public const int ReportBytesMax = FeedLimits.FrameBytesMax - 5;

    /// <summary>The request.</summary>
    public uint RequestId { get; } = requestId;

    /// <summary>UTF-8 JSON.</summary>
    public ReadOnlySpan<byte> Report { get; } = report;

    /// <summary>Writes the frame.</summary>
    public void Write(FrameBuffer to) => to.Begin(FrameType.Usage).U32(RequestId).Bytes(Report);

    /// <summary>Reads the payload; false when it is malformed. The report points into the payload.</summary>
    public static bool TryRead(ReadOnlySpan<byte> payload, out UsageFrame frame)
    {
        var read = new FrameReader(payload);
        frame = new UsageFrame(read.U32(), read.TakeRest());
        return read.IsWhole && !frame.Report.IsEmpty;
    }
}
