using Orleans.Concurrency;

namespace Fabric.Contracts.Orleans;

/// <summary>Reads the change stream over Orleans, on the silo that the client's gateway is. Key: 0.</summary>
[Alias("fabric.change-gate")]
public interface IChangeGateGrain : IGrainWithIntegerKey
{
    /// <summary>
    /// One page for the holder of an API key that may read changes. <paramref name="query"/>: the JSON of `ChangeQuery`, UTF-8. The changes of one tenant are seen by that tenant's
    /// keys and by operators (T1). A cursor outside the retention is refused with `cursor.gap` (R3).
    /// </summary>
    [AlwaysInterleave, Alias("pull")]
    Task<ChangeReply> PullAsync(string secret, byte[] query);
}
