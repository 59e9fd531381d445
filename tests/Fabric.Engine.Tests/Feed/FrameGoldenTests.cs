using Fabric.Contracts.Feed;
using Fabric.Core.Common;
using Fabric.Core.Index;
using Fabric.Core.Keys;
using Fabric.Core.Lineages;
using Fabric.Core.Scopes;

namespace Fabric.Engine.Tests.Feed;

/// <summary>The bytes of every frame. A change here is a change of the protocol and needs a decision record.</summary>
public sealed class FrameGoldenTests
{
    private static readonly Handle A = new(0x0102030405060708, 0x090A0B0C0D0E0F10);
    private static readonly Handle B = new(0x1112131415161718, 0x191A1B1C1D1E1F20);
    private static readonly VerificationKey SigningKey = new(
        "k1", "acme", A, Enumerable.Repeat((byte)0xAA, 32).ToArray(), Enumerable.Repeat((byte)0xBB, 32).ToArray(), new Instant(0x0102));

    private const string SigningKeyHex =
        "0002 6B31 0004 61636D65 0102030405060708 090A0B0C0D0E0F10"
        + " AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        + " BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB 0000000000000102";

    private readonly FrameBuffer _buffer = new();

    [Fact]
    public void Hello_has_version_edge_instance_renewal_bounds_cursor_and_tenant()
    {
        var hello = new HelloFrame(1, "e1", 0x0102, 250, 5000, 1000, 60000, 7, 9, "acme");
        hello.Write(_buffer);

        Expect("01 01 0002 6531 00000000000000000000000000000102 000000FA 00001388 000003E8 0000EA60 0000000000000007 0000000000000009 0004 61636D65");
        Assert.Equal(hello, HelloFrame.TryRead(Payload));
    }

    [Fact]
    public void Renew_has_number_revision_and_cancelled_calls()
    {
        new RenewFrame(3, 258, 2).Write(_buffer);

        Expect("02 0000000000000003 0000000000000102 00000002");
        Assert.True(RenewFrame.TryRead(Payload, out var read));
        Assert.Equal(new RenewFrame(3, 258, 2), read);
    }

    [Fact]
    public void Ack_has_revision_and_cancelled_calls()
    {
        new AckFrame(258, 1).Write(_buffer);

        Expect("03 0000000000000102 00000001");
        Assert.True(AckFrame.TryRead(Payload, out var read));
        Assert.Equal(new AckFrame(258, 1), read);
    }

    [Fact]
    public void Check_has_request_revision_class_token_call_environment_and_audience()
    {
        var check = new CheckFrame(5, 6, "t.t.t", new ToolCall("mail", "send", "a/b", ActionClass.Write), "prod", null);
        check.Write(_buffer);

        Expect("05 00000005 0000000000000006 02 0005 742E742E74 0004 6D61696C 0004 73656E64 0003 612F62 0004 70726F64 0000");
        Assert.Equal(check, CheckFrame.TryRead(Payload));
    }

    [Fact]
    public void Check_ends_with_the_proven_key_where_there_is_one()
    {
        var check = new CheckFrame(5, 6, "t", new ToolCall("m", "s", "", ActionClass.Read), null, null, "key");
        check.Write(_buffer);

        Expect("05 00000005 0000000000000006 01 0001 74 0001 6D 0001 73 0000 0000 0000 0003 6B6579");
        Assert.Equal(check, CheckFrame.TryRead(Payload));
    }

    [Fact]
    public void Quota_frames_have_request_quota_and_units()
    {
        new TakeQuotaFrame(8, A, 100).Write(_buffer);
        Expect("06 00000008 0102030405060708 090A0B0C0D0E0F10 0000000000000064");
        Assert.True(TakeQuotaFrame.TryRead(Payload, out var take));
        Assert.Equal(new TakeQuotaFrame(8, A, 100), take);

        new ReturnQuotaFrame(A, 40, 77).Write(_buffer);
        Expect("07 0102030405060708 090A0B0C0D0E0F10 0000000000000028 000000000000004D");
        Assert.True(ReturnQuotaFrame.TryRead(Payload, out var give));
        Assert.Equal(new ReturnQuotaFrame(A, 40, 77), give);

        var answer = new QuotaAnswerFrame(8, null, 64, 1500, 77);
        answer.Write(_buffer);
        Expect("8B 00000008 0000000000000040 00000000000005DC 000000000000004D 0000");
        Assert.Equal(answer, QuotaAnswerFrame.TryRead(Payload));
    }

    [Fact]
    public void Key_frames_have_key_id_tenant_point_and_end()
    {
        var fetch = new FetchKeyFrame(1, "k1");
        fetch.Write(_buffer);
        Expect("08 00000001 0002 6B31");
        Assert.Equal(fetch, FetchKeyFrame.TryRead(Payload));

        new KeyFrame(4, SigningKey).Write(_buffer);
        Expect("87 0000000000000004 01 " + SigningKeyHex);
        SameKey(KeyFrame.TryRead(Payload)!.Key!);

        new KeyFrame(4, null).Write(_buffer);
        Expect("87 0000000000000004 00");
        Assert.Null(KeyFrame.TryRead(Payload)!.Key);

        new KeyAnswerFrame(1, SigningKey).Write(_buffer);
        Expect("8C 00000001 01 " + SigningKeyHex);
        SameKey(KeyAnswerFrame.TryRead(Payload)!.Key!);

        new KeyAnswerFrame(1, null).Write(_buffer);
        Expect("8C 00000001 00");
        Assert.Null(KeyAnswerFrame.TryRead(Payload)!.Key);

        KeyCodec.WriteFrame(_buffer, [SigningKey]);
        Expect("84 0001 " + SigningKeyHex);
        SameKey(Assert.Single(KeyCodec.TryReadFrame(Payload)!));
    }

    [Fact]
    public void Usage_is_json_behind_its_request()
    {
        new UsageFrame(2, "{}"u8).Write(_buffer);
        Expect("09 00000002 7B7D");
        Assert.True(UsageFrame.TryRead(Payload, out var read));
        Assert.Equal(2u, read.RequestId);
        Assert.True(read.Report.SequenceEqual("{}"u8));

        var answer = new UsageAnswerFrame(2, "audit.unavailable", 0);
        answer.Write(_buffer);
        Expect("8D 00000002 0000000000000000 0011 61756469742E756E617661696C61626C65");
        Assert.Equal(answer, UsageAnswerFrame.TryRead(Payload));
    }

    [Fact]
    public void Welcome_has_epoch_head_wall_clock_bounds_and_guarded_tenant()
    {
        var welcome = new WelcomeFrame(7, 9, 0x0102030405, 5000, 1000, Resumed: true, A);
        welcome.Write(_buffer);
        Expect("81 01 0000000000000007 0000000000000009 0000000102030405 00001388 000003E8 01 0102030405060708 090A0B0C0D0E0F10");
        Assert.True(WelcomeFrame.TryRead(Payload, out var read));
        Assert.Equal(welcome, read);

        (welcome with { GuardedTenant = default }).Write(_buffer);
        Expect("81 01 0000000000000007 0000000000000009 0000000102030405 00001388 000003E8 01");
        Assert.True(WelcomeFrame.TryRead(Payload, out read));
        Assert.True(read.GuardedTenant.IsZero);
    }

    [Fact]
    public void Small_frames_of_the_fabric_have_these_bytes()
    {
        new RevisionFrame(9).Write(_buffer, FrameType.SnapshotBegin);
        Expect("82 0000000000000009");
        new RevisionFrame(9).Write(_buffer, FrameType.SnapshotEnd);
        Expect("85 0000000000000009");
        Assert.True(RevisionFrame.TryRead(Payload, out var revision));
        Assert.Equal(9ul, revision.Revision);

        new GrantFrame(3).Write(_buffer);
        Expect("88 0000000000000003");
        Assert.True(GrantFrame.TryRead(Payload, out var grant));
        Assert.Equal(3ul, grant.Number);

        new GapFrame("cursor.gap").Write(_buffer);
        Expect("89 000A 637572736F722E676170");
        Assert.Equal("cursor.gap", GapFrame.TryRead(Payload)!.Code);

        new ClosingFrame("fabric.stopping").Write(_buffer);
        Expect("8E 000F 6661627269632E73746F7070696E67");
        Assert.Equal("fabric.stopping", ClosingFrame.TryRead(Payload)!.Code);
    }

    [Fact]
    public void A_decision_has_its_revision_and_staleness_and_a_denial_its_code()
    {
        var allow = new CheckAnswerFrame(5, true, null, 9, 0);
        allow.Write(_buffer);
        Expect("8A 00000005 01 0000000000000009 00000000 0000");
        Assert.Equal(allow, CheckAnswerFrame.TryRead(Payload));

        var deny = new CheckAnswerFrame(5, false, "user.revoked", 9, 1);
        deny.Write(_buffer);
        Expect("8A 00000005 00 0000000000000009 00000001 000C 757365722E7265766F6B6564");
        Assert.Equal(deny, CheckAnswerFrame.TryRead(Payload));
    }

    [Fact]
    public void Records_that_differ_in_their_handle_alone_share_one_head()
    {
        var drop = new Instant(0x05060708);
        IndexRecord[] records =
        [
            new(A, NodeKind.Credential, IndexRecord.Terminal, default, drop),
            new(B, NodeKind.Credential, IndexRecord.Terminal, default, drop),
            new(A, NodeKind.User, 2, new Instant(0x01020304), drop),
        ];
        var bytes = new byte[256];
        var written = RecordRuns.Write(bytes, records, out var length);

        Assert.Equal(3, written);
        var hex =
            "05 FFFFFFFF 0000000000000000 0000000005060708 0002 0102030405060708 090A0B0C0D0E0F10 1112131415161718 191A1B1C1D1E1F20"
            + " 02 00000002 0000000001020304 0000000005060708 0001 0102030405060708 090A0B0C0D0E0F10";
        Assert.Equal(Hex(hex), Convert.ToHexString(bytes, 0, length));

        RecordRuns.WriteFrameHead(bytes, 41);
        Assert.Equal(Hex("86 0000000000000029"), Convert.ToHexString(bytes, 0, RecordRuns.FrameHeadSize));

        _buffer.Begin(FrameType.Denials).Bytes(Convert.FromHexString(Hex(hex)));
        Expect("8F " + hex);
    }

    private ReadOnlySpan<byte> Payload => _buffer.Written.Span[1..];

    private void Expect(string hex) => Assert.Equal(Hex(hex), Convert.ToHexString(_buffer.Written.Span));

    private static string Hex(string spaced) => spaced.Replace(" ", "", StringComparison.Ordinal);

    private static void SameKey(VerificationKey key)
    {
        Assert.Equal((SigningKey.Kid, SigningKey.Tenant, SigningKey.TenantHandle, SigningKey.RetireAfter), (key.Kid, key.Tenant, key.TenantHandle, key.RetireAfter));
        Assert.True(key.X.Span.SequenceEqual(SigningKey.X.Span));
        Assert.True(key.Y.Span.SequenceEqual(SigningKey.Y.Span));
    }
}
