using Orleans.Concurrency;

namespace Fabric.Contracts.Orleans;

/// <summary>
/// One enforcement point's connection over Orleans: the frames of the enforcement feed, in order, both ways. Key: the connection, a new one each time. The grain is on the
/// silo that the client's gateway is, and ends with the connection.
/// </summary>
[Alias("fabric.edge-gate")]
public interface IEdgeGateGrain : IGrainWithGuidKey
{
    /// <summary>Begins, for the holder of an API key of role `enforcement_point`. Answers a code when it is refused, else null.</summary>
    [Alias("open")]
    Task<string?> OpenAsync(string secret);

    /// <summary>The edge sends one frame; one call at a time. False: the connection is closed.</summary>
    [AlwaysInterleave, Alias("send")]
    Task<bool> SendAsync(byte[] frame);

    /// <summary>What there is for the edge, some frames at a time; none after a while without. Null: the connection is closed. One call at a time.</summary>
    [AlwaysInterleave, Alias("receive")]
    Task<byte[][]?> ReceiveAsync();

    /// <summary>The edge sends no more.</summary>
    [AlwaysInterleave, Alias("close")]
    Task CloseAsync();
}
