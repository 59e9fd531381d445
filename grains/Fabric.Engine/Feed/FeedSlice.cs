using Fabric.Contracts.Feed;
using Fabric.Core.Keys;

namespace Fabric.Engine.Feed;

/// <summary>
/// Encoded records to send: after <paramref name="From"/>, up to <paramref name="To"/>. When <paramref name="IsFrame"/>, the bytes are a frame as they are, shared
/// by all subscribers; else they are runs that need a frame's head. <paramref name="Key"/> is set when the frame is a key's.
/// </summary>
internal readonly record struct FeedSlice(ReadOnlyMemory<byte> Bytes, ulong From, ulong To, bool IsFrame, VerificationKey? Key)
{
    /// <summary>The frame to send: the shared bytes, or those behind a head of their own in <paramref name="scratch"/>.</summary>
    public ReadOnlyMemory<byte> Frame(FrameBuffer scratch)
    {
        if (IsFrame)
        {
            return Bytes;
        }

        scratch.Begin(FrameType.Records).U64(From).Bytes(Bytes.Span);
        return scratch.Written;
    }
}
