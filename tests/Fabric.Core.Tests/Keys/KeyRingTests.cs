using Fabric.Core.Common;
using Fabric.Core.Keys;
using static Fabric.Core.Tests.Checks.CheckFixture;

namespace Fabric.Core.Tests.Keys;

public sealed class KeyRingTests
{
    private readonly KeyRing _ring = new();
    private readonly VerificationKey _key = KeyOf("acme");

    [Fact]
    public void A_key_is_found_until_it_is_removed_and_every_change_moves_the_version()
    {
        var version = _ring.Version;
        Assert.Null(_ring.Add(_key));
        Assert.True(_ring.Version > version);
        Assert.Equal(_key, _ring.Find(_key.Kid));
        Assert.Equal(HandleOf("acme"), _ring.HandleOf("acme"));

        version = _ring.Version;
        Assert.True(_ring.Retire(_key.Kid, new Instant(5)));
        Assert.Equal(new Instant(5), _ring.Find(_key.Kid)!.RetireAfter);
        Assert.True(_ring.Version > version);

        version = _ring.Version;
        Assert.True(_ring.Remove(_key.Kid));
        Assert.Null(_ring.Find(_key.Kid));
        Assert.True(_ring.Version > version);
        Assert.False(_ring.Remove(_key.Kid));
        Assert.False(_ring.Retire(_key.Kid, default));
        Assert.Empty(_ring.Snapshot());
    }

    [Fact]
    [Trait("Invariant", "T1")]
    public void A_key_id_never_changes_its_key_or_its_tenant()
    {
        Assert.Null(_ring.Add(_key));
        Assert.Null(_ring.Add(_key with { RetireAfter = new Instant(9) }));
        Assert.Equal(Codes.AlreadyExists, _ring.Add(MakeKey(_key.Kid, "acme").Key)?.Code);
        Assert.Equal(Codes.AlreadyExists, _ring.Add(_key with { Tenant = "globex", TenantHandle = HandleOf("globex") })?.Code);
        Assert.Equal(Codes.InvalidField, _ring.Add(_key with { Kid = "other", X = new byte[31] })?.Code);
        Assert.Equal(new Instant(9), Assert.Single(_ring.Snapshot()).RetireAfter);
    }

    [Fact]
    [Trait("Invariant", "R1")]
    public void A_revoked_key_stays_revoked_whatever_older_message_comes_after()
    {
        Assert.Null(_ring.Add(_key.Revoked()));
        Assert.Null(_ring.Add(_key));
        Assert.True(_ring.Find(_key.Kid)!.IsRevoked);
        Assert.True(_ring.Retire(_key.Kid, new Instant(9)));
        Assert.True(_ring.Find(_key.Kid)!.IsRevoked);
    }

    [Fact]
    [Trait("Invariant", "B1")]
    public void A_full_ring_refuses_a_new_key_and_takes_what_happens_to_a_known_one()
    {
        var ring = new KeyRing(1);
        Assert.Null(ring.Add(_key));
        Assert.Equal(0, ring.Room);
        Assert.Equal(Codes.LimitReached, ring.Add(KeyOf("globex"))?.Code);
        Assert.Null(ring.Add(_key.Revoked()));
    }

    [Fact]
    public void A_snapshot_replaces_all_keys_or_none()
    {
        Assert.Null(_ring.Add(_key));
        var bad = KeyOf("globex") with { Y = default };
        Assert.NotNull(_ring.Replace([KeyOf("globex"), bad with { Kid = "bad" }]));
        Assert.Equal(_key, Assert.Single(_ring.Snapshot()));
        Assert.Null(_ring.Replace([KeyOf("globex")]));
        Assert.Equal(KeyOf("globex"), Assert.Single(_ring.Snapshot()));
    }
}
