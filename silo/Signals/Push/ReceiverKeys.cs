using System.Collections.Frozen;
using Fabric.Contracts;
using Fabric.Contracts.Common;
using Fabric.Engine;
using Fabric.Silo.Api;

namespace Fabric.Silo.Signals.Push;

/// <summary>
/// Who holds a key by which it could ask for its events itself. Nobody authenticates where events are pushed, so a receiver whose last key is revoked or has run out is pushed nothing: its events
/// wait, as long as the fabric keeps changes.
/// </summary>
internal sealed class ReceiverKeys(IFabricEngine engine, TimeProvider time)
{
    /// <summary>How old this knowledge is at most.</summary>
    public static readonly TimeSpan AgeMax = TimeSpan.FromSeconds(5);

    private const int PageSize = 1_000;

    private readonly IFabric _fabric = engine.As(Caller.Fabric);

    private volatile FrozenSet<string>? _names;
    private long _knownAt;

    /// <summary>Whether a caller of this name has a key that holds. False while it is not known.</summary>
    public bool HasKey(string name) => _names?.Contains(name) == true && time.GetElapsedTime(Interlocked.Read(ref _knownAt)) < AgeMax * 2;

    /// <summary>Looks anew where the knowledge is too old, or somebody asks who is not known to have a key. True: somebody has one who had none.</summary>
    public async Task<bool> LookAsync(bool isNeeded, CancellationToken cancellation)
    {
        if (!isNeeded && _names is not null && time.GetElapsedTime(Interlocked.Read(ref _knownAt)) < AgeMax)
        {
            return false;
        }
        var (names, asked, now, cursor) = (new HashSet<string>(StringComparer.Ordinal), time.GetTimestamp(), time.GetUtcNow(), (string?)null);
        do
        {
            var page = await _fabric.ListApiKeysAsync(new PageQuery(cursor, PageSize), cancellation);
            if (!page.IsOk)
            {
                return false;
            }
            foreach (var key in page.Value.Items.Where(key => key.RevokedAt is null && (key.ExpiresAt is null || key.ExpiresAt > now)))
            {
                names.Add(new Caller(Caller.RoleOf(key.Role), key.Tenant, key.Subject).Name);
            }
            cursor = page.Value.Next;
        }
        while (cursor is not null);

        // INVARIANT R2: asked after the keys were looked at: a silo that has lost its lease does not know which were revoked.
        if (!FeedLease.IsHeld(engine))
        {
            return false;
        }
        var before = _names;
        _names = names.ToFrozenSet(StringComparer.Ordinal);
        Interlocked.Exchange(ref _knownAt, asked);
        return before is null || names.Any(name => !before.Contains(name));
    }
}
