using Fabric.Core.Common;
using Fabric.Core.Index;
using Fabric.Core.Keys;
using Fabric.Core.Leases;
using Fabric.Core.Lineages;
using Fabric.Engine.Feed;
using Fabric.Testing;

namespace Fabric.Engine.Tests.Feed;

/// <summary>A hub over an index of its own, with time by hand.</summary>
internal sealed class HubFixture : IAsyncDisposable
{
    private ulong _next = 1;

    public HubFixture(FeedStart? start = null, FeedHubOptions? options = null, ClassBounds? leftOver = null, bool open = true)
    {
        if (start is { Revision: > 0 })
        {
            Index.AdvanceTo(start.Revision);
        }

        Hub = new FeedHub(Index, Keys, start ?? new FeedStart(5), options, Time);
        if (open)
        {
            Hub.Open(leftOver);
        }
    }

    public ManualTimeProvider Time { get; } = new();

    public RevocationIndex Index { get; } = new(99);

    public KeyRing Keys { get; } = new();

    public FeedHub Hub { get; }

    public static VerificationKey Key(string kid, string tenant = "acme") =>
        new(kid, tenant, new Handle((ulong)tenant.Length, 1), new byte[32], new byte[32], Instant.Never);

    public static IndexRecord Record(ulong id, uint floor = IndexRecord.Terminal) =>
        new(new Handle(id, 1), NodeKind.Credential, floor, default, new Instant(long.MaxValue / 4));

    /// <summary>Revokes so many nodes that nobody revoked before.</summary>
    public ulong Revoke(int count = 1)
    {
        var records = new IndexRecord[count];
        for (var i = 0; i < count; i++)
        {
            records[i] = Record(_next++);
        }

        return Hub.Append(records);
    }

    public ValueTask DisposeAsync() => Hub.DisposeAsync();
}
