namespace Fabric.Embedded.Storage.Audit;

/// <summary>
/// One thing that happened (A1). Times are Unix milliseconds; an id of 0 is none. A record of the journal has its sequence number and its
/// part in that transaction; what only the audit knows (usage, refusals) has sequence 0.
/// </summary>
internal sealed class AuditRecord
{
    /// <summary>The kind of an issuance: its <see cref="CredentialIds"/> go to the inventory.</summary>
    public const string IssuedKind = "credentials.issued";

    /// <summary>The kind of counted, allowed calls.</summary>
    public const string UsageKind = "usage";

    /// <summary>The journal's sequence number, ascending; 0: not from the journal.</summary>
    public long Sequence { get; init; }

    /// <summary>The place in its transaction. Sequence and part are stored once, however often they are added.</summary>
    public int Part { get; init; }

    public long TimeMs { get; init; }

    public required string Kind { get; init; }

    /// <summary>The tenant's id, or empty for what belongs to none.</summary>
    public required string Tenant { get; init; }

    public string? User { get; init; }

    public string? Agent { get; init; }

    public UInt128 SessionId { get; init; }

    public UInt128 Credential { get; init; }

    public string? Tool { get; init; }

    public string? Action { get; init; }

    public string? Resource { get; init; }

    public string? Purpose { get; init; }

    public string? Reason { get; init; }

    public string? By { get; init; }

    public UInt128 DelegatedFrom { get; init; }

    public ulong Revision { get; init; }

    public long Count { get; init; }

    public long FirstMs { get; init; }

    public long LastMs { get; init; }

    public string? Detail { get; init; }

    /// <summary>
    /// The credentials of an issuance or a bulk revocation. Written and searched, but null when a record is read back: a list can have
    /// 100,000 of them.
    /// </summary>
    public IReadOnlyList<UInt128>? CredentialIds { get; init; }

    /// <summary>When the issued credentials expire; 0 for all other kinds.</summary>
    public long CredentialsExpireMs { get; init; }

    public UInt128 PreviousCredential { get; init; }

    /// <summary>What the record takes in memory, about: the texts that are seldom shared are counted, interned ids are not.</summary>
    internal long Bytes => 256 + (2L * (Length(Resource) + Length(Detail) + Length(Purpose) + Length(Reason))) + (16L * (CredentialIds?.Count ?? 0));

    private static int Length(string? text) => text?.Length ?? 0;
}
