namespace Fabric.Contracts.Feed;

/// <summary>What a transport received: the bytes are there for <see cref="ReceivedKind.Frame"/> alone.</summary>
public readonly record struct ReceivedFrame(ReceivedKind Kind, ReadOnlyMemory<byte> Bytes)
{
    /// <summary>The frame's type.</summary>
    public FrameType Type => Bytes.IsEmpty ? FrameType.None : (FrameType)Bytes.Span[0];

    /// <summary>The bytes after the type.</summary>
    public ReadOnlyMemory<byte> Payload => Bytes[1..];
}
