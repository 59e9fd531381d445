using BenchmarkDotNet.Attributes;
using Fabric.Benchmarks.Limits;
using Fabric.Core.Credentials;
using Fabric.Core.Journal;
using Fabric.Core.Lineages;
using Fabric.Core.Nodes;
using Fabric.Core.Sessions;

namespace Fabric.Benchmarks.Subjects;

/// <summary>Records of the journal: written with every command, read again at a start.</summary>
[Limit(nameof(MachineLimits.HashBlock))]
public class JournalBenchmarks
{
    private readonly RecordWriter _writer = new();
    private readonly SessionOpened _opened = new(
        1, Sample.TenantId, "assistant-0000001", Sample.TenantId, "user-0000001", "answer ticket 1", Sample.ScopesOf(1), Sample.LineageOf(1), "operator",
        SessionStatus.Active, Sample.Now + TimeSpan.FromHours(8), 8 * 3_600_000, 0, 0);
    private readonly CredentialsIssued _issued = new(1, Sample.TenantId, [2], Sample.Now + TimeSpan.FromMinutes(15), 0, []);
    private readonly NodeRevoked _revoked = new(
        new NodeRef(NodeKind.User, Sample.TenantId, "user-0000001"), Sample.LineageOf(1).Nodes[1].Handle, IndexRecordTerminal, Sample.Now + TimeSpan.FromHours(24), "revoked", "leaked", 3);
    private byte[] _record = [];

    private const uint IndexRecordTerminal = Core.Index.IndexRecord.Terminal;

    /// <summary>The record that is read.</summary>
    [GlobalSetup]
    public void SetUp()
    {
        _ = WriteSession();
        _record = _writer.Written.ToArray();
        if (ReadSession() != _opened.Purpose.Length)
        {
            throw new InvalidOperationException("what was written is not what is read");
        }
    }

    /// <summary>A session that was opened, with its scopes and its lineage.</summary>
    [Benchmark]
    public int WriteSession() => Write(_opened);

    /// <summary>A credential that was issued.</summary>
    [Benchmark]
    public int WriteCredential() => Write(_issued);

    /// <summary>A user who was revoked.</summary>
    [Benchmark]
    public int WriteRevocation() => Write(_revoked);

    /// <summary>A session out of its record.</summary>
    [Benchmark]
    public int ReadSession()
    {
        var reader = new RecordReader(_record);
        return EventCodec.Read(ref reader) is SessionOpened opened ? opened.Purpose.Length : 0;
    }

    private int Write(FabricEvent e)
    {
        _writer.Clear();
        EventCodec.Write(e, _writer);
        return _writer.Written.Length;
    }
}
