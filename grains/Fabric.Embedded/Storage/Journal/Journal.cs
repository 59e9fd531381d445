using System.Buffers.Binary;
using System.Security.Cryptography;
using Fabric.Core.Lineages;

namespace Fabric.Embedded.Storage;

/// <summary>
/// The journal of one fabric: records in the order of their appends, committed in groups, chained by hash. Life: <see cref="Open"/>,
/// <see cref="Replay"/>, <see cref="Start"/>, appends, <see cref="Dispose"/>.
/// </summary>
// INVARIANT D1: a ticket says true only after the record's transaction is synced.
public sealed class Journal : IDisposable
{
    internal const string SaltKey = "handle.salt";
    private const string CreatedKey = "created";
    private const string CleanKey = "clean";
    private const string UserPrefix = "x.";

    private readonly JournalOptions _options;
    private readonly JournalQueue _queue;
    private readonly JournalHead _head;
    private readonly TimeProvider _time;
    private JournalFile? _file;
    private JournalCommitter? _committer;
    private bool _truncated;
    private bool _replayed;
    private bool _disposed;

    private Journal(JournalFile file, bool isNew, bool truncated, JournalHead head, JournalOptions options, TimeProvider time)
    {
        _file = file;
        _truncated = truncated;
        _head = head;
        _options = options;
        _time = time;
        _queue = new JournalQueue(options);
        IsNew = isNew;
        WasCleanShutdown = isNew || file.Meta.GetNumber(CleanKey) == 1;
        FabricId = BinaryPrimitives.ReadUInt128BigEndian(file.Meta.Get(Sqlite.MetaTable.FabricKey));
        HandleSalt = file.Meta.Get(SaltKey) ?? [];
        Created = DateTimeOffset.FromUnixTimeMilliseconds((long)file.Meta.GetNumber(CreatedKey));
    }

    /// <summary>The id of this fabric: 128 random bits, made with the journal.</summary>
    public UInt128 FabricId { get; }

    /// <summary>The salt of the fabric's handles (<see cref="HandleSpace.SaltSize"/> bytes), made with the journal.</summary>
    public ReadOnlyMemory<byte> HandleSalt { get; }

    /// <summary>When the journal was made.</summary>
    public DateTimeOffset Created { get; }

    /// <summary>Whether this open made the journal.</summary>
    public bool IsNew { get; }

    /// <summary>Whether the last process flushed and closed it; true for a new journal.</summary>
    public bool WasCleanShutdown { get; }

    /// <summary>What <see cref="Replay"/> found damaged and cut off under <see cref="DamagePolicy.KeepPrefix"/>; null when whole.</summary>
    public JournalDamage? Damage { get; private set; }

    /// <summary>The oldest sequence number that is still stored.</summary>
    public ulong FirstSequence => _committer?.FirstSequence ?? File.AnchorSequence + 1;

    /// <summary>The last sequence number handed out.</summary>
    public ulong HeadSequence => _committer is null ? File.Last : _queue.Head;

    /// <summary>The last sequence number that is on disk.</summary>
    public ulong CommittedSequence => _committer?.CommittedSequence ?? File.Last;

    /// <summary>Whether commits succeed.</summary>
    public StorageHealth Health => _committer?.Health ?? StorageHealth.Green(Created);

    /// <summary>Counts for metrics.</summary>
    public JournalStats Stats => _committer?.Stats ?? default;

    /// <summary>Called on the committer's thread when <see cref="Health"/> changes; it must not block or throw. Set before <see cref="Start"/>.</summary>
    public Action<StorageHealth>? HealthChanged { get; set; }

    /// <summary>Called on the committer's thread after each commit with the last sequence number on disk; it must not block or throw. Set before <see cref="Start"/>.</summary>
    public Action<ulong>? Committed { get; set; }

    /// <summary>Called before a damaged journal is cut off under <see cref="DamagePolicy.KeepPrefix"/>. Set before <see cref="Replay"/>.</summary>
    public Action<JournalDamage>? Repairing { get; set; }

    private JournalFile File => _file ?? throw new ObjectDisposedException(nameof(Journal));

    /// <summary>
    /// Opens the folder's journal or makes a new one. Throws <see cref="FabricStartException"/> when it is missing beside other data,
    /// unreadable, of a newer format, or cannot be written.
    /// </summary>
    public static Journal Open(DataFolder folder, JournalOptions? options = null, TimeProvider? time = null)
    {
        options ??= new JournalOptions();
        options.Validate();
        time ??= TimeProvider.System;
        var (file, isNew, truncated) = JournalOpening.Open(folder, meta => Fill(meta, time));
        try
        {
            return JournalOpening.Guard(folder.JournalFile,
                () => new Journal(file, isNew, truncated, new JournalHead(folder.JournalHeadFile), options, time));
        }
        catch (Exception)
        {
            file.Abandon();
            throw;
        }
    }

    /// <summary>A value of the owner's, or null. Before <see cref="Start"/> only.</summary>
    public byte[]? GetMeta(string key) => FileBeforeStart().Meta.Get(UserPrefix + key);

    /// <summary>Stores a value of the owner's, synced on return. Before <see cref="Start"/> only.</summary>
    public void SetMeta(string key, ReadOnlySpan<byte> value) => FileBeforeStart().Meta.Set(UserPrefix + key, value);

    /// <summary>
    /// Verifies all that is stored and hands out the records above <paramref name="afterSequence"/>. The state checkpoint covers that and, where the
    /// caller reads older records once more, up to <paramref name="coveredSequence"/>: a journal that ends before it is damaged.
    /// Damage: everything before it is handed out; then, by policy, <see cref="FabricStartException"/> or <see cref="Damage"/>.
    /// Records missing between checkpoint and journal are always refused.
    /// </summary>
    public void Replay(ulong afterSequence, JournalVisitor visitor, ulong coveredSequence = 0)
    {
        var file = FileBeforeStart();
        if (_replayed)
        {
            throw new InvalidOperationException("the journal was replayed before");
        }

        if (file.AnchorSequence > afterSequence)
        {
            throw new FabricStartException(StartCodes.JournalGap,
                $"the journal `{file.Path}` starts at sequence {file.AnchorSequence + 1}, but the state checkpoint reaches only {afterSequence}; "
                + "restore journal and state from the same backup");
        }

        var damage = JournalReader.Read(file, afterSequence, Math.Max(coveredSequence, afterSequence), _head.Read(), visitor);
        if (damage is null && _truncated)
        {
            damage = new JournalDamage(file.Last + 1, (long)file.Last + 1, file.NewestReadable(), "the file is shorter than its header says");
        }

        if (damage is not null)
        {
            Handle(file, damage);
        }

        _replayed = true;
    }

    /// <summary>Starts to take appends. The mark of a clean shutdown is gone from here on.</summary>
    public void Start()
    {
        var file = FileBeforeStart();
        if (!_replayed)
        {
            throw new InvalidOperationException("the journal is not replayed yet");
        }

        JournalOpening.Guard(file.Path, () => file.Meta.SetNumber(CleanKey, 0));
        _head.Write(file.Last);
        _queue.StartAt(file.Last + 1);
        _committer = new JournalCommitter(file, _queue, _head, _time) { HealthChanged = HealthChanged, Committed = Committed };
        _committer.Start();
    }

    /// <summary>
    /// Queues a record; the order of appends is the order in the journal. False: the backlog is full (<see cref="JournalOptions"/>).
    /// <paramref name="reserved"/> is for revocations and locks, which have room when others are refused.
    /// </summary>
    public bool TryAppend(ReadOnlySpan<byte> record, out JournalTicket ticket, bool reserved = false) =>
        _queue.TryAppend(record, reserved, out ticket);

    /// <summary>Removes rows that end at or before <paramref name="sequence"/>, in small steps between commits. The caller has a durable checkpoint of them.</summary>
    public void TrimTo(ulong sequence) => _committer?.TrimTo(sequence);

    /// <summary>Commits what is queued, marks the shutdown as clean when all of it is on disk, and closes the file.</summary>
    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        var file = _committer is null ? _file : _committer.Stop();
        if (file is not null)
        {
            Close(file, started: _committer is not null);
        }

        _head.Dispose();
    }

    private static void Close(JournalFile file, bool started)
    {
        try
        {
            if (started)
            {
                file.Meta.SetNumber(CleanKey, 1);
                file.CheckpointAll();
            }

            file.Dispose();
        }
        catch (StorageException)
        {
            // Everything acknowledged is on disk; only the mark is missing, and the next start says so.
            file.Abandon();
        }
    }

    private void Handle(JournalFile file, JournalDamage damage)
    {
        if (_options.OnDamage == DamagePolicy.Refuse)
        {
            throw new FabricStartException(StartCodes.JournalDamaged,
                $"the journal `{file.Path}` is {damage}. Restore the data folder from a backup, or start with the damage policy `KeepPrefix`, "
                + "which copies the damaged file aside and goes on with everything before that sequence");
        }

        Repairing?.Invoke(damage);
        JournalOpening.Guard(file.Path, () => _file = JournalRepair.KeepPrefix(file, damage));
        _truncated = false;
        Damage = damage;
    }

    private JournalFile FileBeforeStart() =>
        _committer is null ? File : throw new InvalidOperationException("the journal is started");

    private static void Fill(Sqlite.MetaTable meta, TimeProvider time)
    {
        meta.Set(Sqlite.MetaTable.FabricKey, RandomNumberGenerator.GetBytes(16));
        meta.Set(SaltKey, RandomNumberGenerator.GetBytes(HandleSpace.SaltSize));
        meta.SetNumber(CreatedKey, (ulong)time.GetUtcNow().ToUnixTimeMilliseconds());
    }
}
