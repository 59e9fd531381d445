namespace Fabric.Embedded.Storage;

/// <summary>The stable codes of a <see cref="FabricStartException"/>. A code never changes its meaning.</summary>
public static class StartCodes
{
    /// <summary>An option is missing or out of range.</summary>
    public const string Configuration = "start.configuration";
    /// <summary>Another process holds the data folder.</summary>
    public const string FolderInUse = "start.folder_in_use";
    /// <summary>The data folder cannot be created or written.</summary>
    public const string FolderNotWritable = "start.folder_not_writable";
    /// <summary>A database file cannot be opened or written (disk full, I/O error, permissions).</summary>
    public const string StorageUnavailable = "start.storage_unavailable";
    /// <summary>A file was written by a newer version of Fabric.</summary>
    public const string FormatNewer = "start.format_newer";
    /// <summary>A file was written by a version of Fabric whose format is not read any more.</summary>
    public const string FormatOlder = "start.format_older";
    /// <summary>The journal has a damaged row or lost its tail; the message says where.</summary>
    public const string JournalDamaged = "start.journal_damaged";
    /// <summary>The journal is gone, empty or not a journal, although the folder holds data.</summary>
    public const string JournalMissing = "start.journal_missing";
    /// <summary>The journal starts after the point that the state checkpoint reaches: records between them are lost.</summary>
    public const string JournalGap = "start.journal_gap";
    /// <summary>The state checkpoint is damaged.</summary>
    public const string StateDamaged = "start.state_damaged";
    /// <summary>The state or audit file belongs to another fabric than the journal.</summary>
    public const string ForeignFile = "start.foreign_file";
    /// <summary>The audit store is damaged.</summary>
    public const string AuditDamaged = "start.audit_damaged";
    /// <summary>The master key is not there although data sealed under it is.</summary>
    public const string MasterKeyMissing = "start.master_key_missing";
    /// <summary>The master key is not the one that the data is sealed under.</summary>
    public const string MasterKeyChanged = "start.master_key_changed";
    /// <summary>The master key file or value is malformed.</summary>
    public const string MasterKeyMalformed = "start.master_key_malformed";
    /// <summary>The master key file can be read by others than its owner.</summary>
    public const string MasterKeyPermissions = "start.master_key_permissions";
    /// <summary>The cluster's database cannot be reached, or is not one that this version can run on.</summary>
    public const string Database = "start.database";
}
