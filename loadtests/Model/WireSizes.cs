using Fabric.Contracts.Feed;
using Fabric.Core.Lineages;

namespace Fabric.LoadTests.Model;

/// <summary>How many bytes the feed's frames take, as the product itself writes them, with what WebSocket, TCP and IP put around each.</summary>
internal static class WireSizes
{
    // WebSocket (RFC 6455 section 5.2): two bytes up to 125 of payload, and a client's mask of four. TCP with time stamps and IPv4: 32 and 20.
    private const int FromFabric = 2 + 32 + 20;
    private const int FromEdge = 6 + 32 + 20;

    /// <summary>A record by itself and its acknowledgement.</summary>
    public static int Record => RecordRuns.FrameHeadSize + RecordRuns.HeadSize + Handle.Size + FromFabric + SizeOf(new AckFrame(1, 0).Write) + FromEdge;

    /// <summary>A renewal and its grant.</summary>
    public static int Renewal => SizeOf(new RenewFrame(1, 1, 0).Write) + FromEdge + SizeOf(new GrantFrame(1).Write) + FromFabric;

    private static int SizeOf(Action<FrameBuffer> write)
    {
        var buffer = new FrameBuffer();
        write(buffer);
        return buffer.Written.Length;
    }
}
