namespace Fabric.Embedded.Storage.Audit;

/// <summary>A request to delete what is older than a moment, looking at no more than so many records.</summary>
internal sealed class AuditTrim(long olderThanMs, int budget)
{
    private readonly TaskCompletionSource<int> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public long OlderThanMs { get; } = olderThanMs;

    /// <summary>How many records may still be looked at.</summary>
    public int Budget { get; set; } = budget;

    public int Deleted { get; set; }

    public Task<int> Done => _done.Task;

    public void Finish() => _done.TrySetResult(Deleted);
}
