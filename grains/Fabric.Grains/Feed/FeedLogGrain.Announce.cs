using Fabric.Contracts.Orleans;

namespace Fabric.Grains.Feed;

/// <summary>Tells the stream of changes that there is something new. Beside the order: nothing waits for it, and what it loses is read from the table.</summary>
internal sealed partial class FeedLogGrain
{
    // A notice says where the order stands, so the newest one tells all.
    private static readonly TimeSpan NoticeEvery = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan NoticePatience = TimeSpan.FromSeconds(5);

    private long _announced;
    private bool _isAnnouncing;

    private void Announce()
    {
        if (!_isAnnouncing)
        {
            _isAnnouncing = true;
            _ = AnnounceAsync();
        }
    }

    private async Task AnnounceAsync()
    {
        try
        {
            // What silos prove themselves with would travel with the notice, to clients.
            RequestContext.Clear();
            var stream = this.GetStreamProvider(ChangeNotice.Provider).GetStream<ChangeNotice>(ChangeNotice.Stream);
            while (_announced < _sequence && !_isLost)
            {
                // Off the way of the commit that it tells of: its receipts wait for processors, and nobody for a notice.
                await Task.Delay(NoticeEvery, parts.Time);
                var notice = new ChangeNotice(_sequence, _revision);
                await stream.OnNextAsync(notice).WaitAsync(NoticePatience);
                _announced = notice.Sequence;
            }
        }
#pragma warning disable CA1031 // subscribers look by themselves now and then, and the next commit is announced again
        catch (Exception error)
#pragma warning restore CA1031
        {
            FeedLogLog.NotAnnounced(logger, error);
        }
        finally
        {
            _isAnnouncing = false;
        }
    }
}
