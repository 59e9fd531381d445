using Fabric.Embedded.Storage.Audit;

namespace Fabric.Embedded.Tests.Fixtures;

/// <summary>An audit store in a folder, with short ways to add and to ask.</summary>
internal sealed class OpenAudit : IDisposable
{
    public OpenAudit(string folder, AuditStoreOptions? options = null, TimeProvider? time = null)
    {
        Path = System.IO.Path.Combine(folder, "audit.db");
        Time = time ?? TimeProvider.System;
        Store = AuditStore.Open(Path, options ?? new AuditStoreOptions(), Time);
    }

    public string Path { get; }

    public TimeProvider Time { get; }

    public AuditStore Store { get; }

    public long NowMs => Time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>A time-ordered id: 48 bits of milliseconds, then a number.</summary>
    public static UInt128 Id(long timeMs, ulong number) => ((UInt128)(ulong)timeMs << 80) | number;

    public async Task Add(params AuditRecord[] records)
    {
        foreach (var record in records)
        {
            Assert.True(Store.TryAdd(record));
        }

        Assert.True(await Store.FlushAsync());
    }

    /// <summary>The details of the records that match, in the order of the answer.</summary>
    public string[] Details(AuditFilter filter) => [.. Store.Query(filter).Select(found => found.Record.Detail ?? "")];

    public AuditRecord Usage(string detail, string tenant = "acme", string agent = "bot", string tool = "mail", UInt128 session = default,
        UInt128 credential = default, long? timeMs = null) => new()
        {
            Kind = AuditRecord.UsageKind,
            Tenant = tenant,
            User = "ann",
            Agent = agent,
            Tool = tool,
            SessionId = session,
            Credential = credential,
            TimeMs = timeMs ?? NowMs,
            Count = 1,
            Detail = detail,
        };

    public AuditRecord Event(long sequence, string kind, string detail, int part = 0, string tenant = "acme", long? timeMs = null,
        IReadOnlyList<UInt128>? ids = null) => new()
        {
            Sequence = sequence,
            Part = part,
            Kind = kind,
            Tenant = tenant,
            TimeMs = timeMs ?? NowMs,
            Detail = detail,
            CredentialIds = ids,
        };

    public AuditRecord Issued(long sequence, string detail, UInt128 session, long expiresMs, params UInt128[] ids) => new()
    {
        Sequence = sequence,
        Kind = AuditRecord.IssuedKind,
        Tenant = "acme",
        User = "ann",
        Agent = "bot",
        TimeMs = NowMs,
        Detail = detail,
        SessionId = session,
        Credential = ids.Length == 1 ? ids[0] : UInt128.Zero,
        CredentialIds = ids,
        Count = ids.Length,
        CredentialsExpireMs = expiresMs,
    };

    public void Dispose() => Store.Dispose();
}
