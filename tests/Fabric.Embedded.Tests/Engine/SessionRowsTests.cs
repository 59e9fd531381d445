using System.Buffers.Binary;
using Fabric.Core.Common;
using Fabric.Core.Journal;
using Fabric.Core.Lineages;
using Fabric.Core.Sessions;
using Fabric.Embedded.Engine;

namespace Fabric.Embedded.Tests.Engine;

[Trait("Invariant", "D1")]
public sealed class SessionRowsTests
{
    // Changing this changes what state stores mean: it needs a new format and a decision record.
    private const string Golden =
        "02770561636d650a617373697374616e740561636d65046d69610e757365723a6d69614061636d653f01000000000000000100000000000000010000"
        + "000302000000000000000200000000000000020000000103000000000000000300000000000000030000000200000000000000000000000000000005"
        + "01160101046d61696c0473656e64086f7574626f782f2a010000000000000004000000000000000410616e73776572207469636b65742031c0843d80"
        + "bab7030213617070726f7665723a6a616e654061636d65c0bef4030200000000000000000000000000000016";

    private readonly World _world = new(new HandleSpace(new byte[HandleSpace.SaltSize]));

    [Fact]
    public void A_session_is_written_as_the_golden_row_says() => Assert.Equal(Golden, Convert.ToHexStringLower(Write(Approved(9))));

    [Fact]
    public void A_session_is_read_back_as_it_was()
    {
        var state = Approved(9);
        var read = Read(new SessionRows(_world), 9, Write(state));

        Assert.Equal(Write(state), Write(read));
        Assert.Equal(state.Id, read.Id);
        Assert.Equal(state.Origin, read.Origin);
        Assert.Equal(state.LineageWith(), read.LineageWith());
        Assert.Equal(SessionSamples.Scopes, read.ReadScopes());
        Assert.Equal(
            (state.Purpose, state.Status, state.ApprovedBy, state.ExpiresAt, state.CredentialsIssued, state.LastCredential),
            (read.Purpose, read.Status, read.ApprovedBy, read.ExpiresAt, read.CredentialsIssued, read.LastCredential));
    }

    [Fact]
    [Trait("Invariant", "S3")]
    public void What_a_sessions_credentials_are_held_to_is_read_back_and_shared_with_no_other()
    {
        var rows = new SessionRows(_world);
        var binding = new SessionBinding("https://mail.example", null);
        var bound = new SessionState(SessionSamples.Opened(9) with { Binding = binding }, SessionSamples.Now);
        var (read, free) = (Read(rows, 9, Write(bound)), Read(rows, 10, Write(SessionSamples.WithId(10))));
        Assert.Equal((binding, null), (read.Binding, free.Binding));
        Assert.Equal(Write(bound), Write(read));
    }

    [Fact]
    public void Sessions_with_equal_parts_share_them()
    {
        var rows = new SessionRows(_world);
        var (first, second) = (Read(rows, 9, Write(Approved(9))), Read(rows, 10, Write(Approved(10))));
        _world.Apply(new Core.Tenants.TenantCreated("acme", "acme", Core.Tenants.TenantLimits.Default, false), SessionSamples.Now, "test", 0);
        _world.Apply(SessionSamples.Opened(11), SessionSamples.Now, "test", 0);

        foreach (var other in new[] { second, _world.Session(11)! })
        {
            Assert.Same(first.Origin, other.Origin);
            Assert.Same(first.Purpose, other.Purpose);
            Assert.True(first.ScopeBytes == other.ScopeBytes);
        }
    }

    [Fact]
    public void A_row_of_another_format_is_refused()
    {
        var row = Write(Approved(9));
        row[0]++;
        Assert.Throws<InvalidRecordException>(() => Read(new SessionRows(_world), 9, row));
    }

    [Fact]
    public void A_cut_row_is_refused_at_every_length()
    {
        var (rows, row) = (new SessionRows(_world), Write(Approved(9)));
        for (var length = 0; length < row.Length; length++)
        {
            Assert.Throws<InvalidRecordException>(() => Read(rows, 9, row[..length]));
        }
    }

    private static SessionState Approved(UInt128 id)
    {
        var state = SessionSamples.WithId(id);
        state.Apply(new SessionApproved(id, "acme", "approver:jane@acme", null, SessionSamples.Now + TimeSpan.FromHours(2)));
        state.Apply(new Core.Credentials.CredentialsIssued(id, "acme", [21, 22], Instant.Never, UInt128.Zero, []));
        return state;
    }

    private static byte[] Write(SessionState state) => SessionRows.Write(state, new RecordWriter(), new RecordWriter());

    private static SessionState Read(SessionRows rows, UInt128 id, byte[] row)
    {
        var key = new byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(key, id);
        return rows.Read(key, row);
    }
}
