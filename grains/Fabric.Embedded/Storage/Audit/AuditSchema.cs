using System.Buffers.Binary;
using Fabric.Embedded.Storage.Sqlite;

namespace Fabric.Embedded.Storage.Audit;

/// <summary>
/// The tables of the audit file. Ids of records ascend in the order of their commits; every index ends with the id, so each common question
/// is a seek and a walk in the order of the answer. A range of time becomes a range of ids by way of `minute`.
/// </summary>
internal static class AuditSchema
{
    public const ulong FormatVersion = 1;
    public const long MinuteMs = 60_000;

    /// <summary>All columns of a record, in the order that they are written and read in.</summary>
    public const string Columns =
        "id, seq, part, time, kind, rare, tenant, user, agent, session, credential, tool, action, resource, purpose, reason, who, parent, "
        + "revision, count, first, last, detail, expires, previous";

    private static readonly string[] Tables =
    [
        // Texts of few values stand in `name` once. Users, agents and tools have their tenant as scope: two tenants' `bot` are two names.
        "CREATE TABLE name(id INTEGER PRIMARY KEY, scope INTEGER NOT NULL, text TEXT NOT NULL, UNIQUE(text, scope))",
        """
        CREATE TABLE record(id INTEGER PRIMARY KEY, seq INTEGER, part INTEGER, time INTEGER NOT NULL, kind INTEGER NOT NULL, rare INTEGER,
          tenant INTEGER NOT NULL, user INTEGER, agent INTEGER, session BLOB, credential BLOB, tool INTEGER, action INTEGER, resource TEXT,
          purpose TEXT, reason TEXT, who INTEGER, parent BLOB, revision INTEGER, count INTEGER, first INTEGER, last INTEGER, detail TEXT,
          expires INTEGER, previous BLOB)
        """,
        "CREATE UNIQUE INDEX by_sequence ON record(seq, part) WHERE seq IS NOT NULL",
        "CREATE INDEX by_tenant ON record(tenant)",
        "CREATE INDEX by_user ON record(user) WHERE user IS NOT NULL",
        "CREATE INDEX by_agent ON record(agent) WHERE agent IS NOT NULL",
        "CREATE INDEX by_session ON record(session) WHERE session IS NOT NULL",
        "CREATE INDEX by_tool ON record(tool) WHERE tool IS NOT NULL",

        // Issuances are found by way of the inventory, and usage and issuance are not worth an index of their kind: they are most records.
        "CREATE INDEX by_credential ON record(credential) WHERE credential IS NOT NULL AND expires IS NULL",
        "CREATE INDEX by_kind ON record(rare, tenant) WHERE rare IS NOT NULL",

        // Ids begin with their time: rows are appended at the end of the tree.
        "CREATE TABLE credential(id BLOB PRIMARY KEY, record INTEGER NOT NULL, session BLOB NOT NULL, expires INTEGER NOT NULL) WITHOUT ROWID",

        // The ids of a bulk revocation, sorted, 16 bytes each: one row, since 100,000 scattered ones would cost seconds.
        "CREATE TABLE id_list(record INTEGER PRIMARY KEY, low BLOB NOT NULL, high BLOB NOT NULL, ids BLOB NOT NULL)",
        "CREATE TABLE minute(minute INTEGER PRIMARY KEY, first INTEGER NOT NULL, last INTEGER NOT NULL)",
    ];

    /// <summary>Makes the tables of a new file; of an old one, checks format and owner. Throws <see cref="FabricStartException"/>.</summary>
    public static void Prepare(SqliteFile file, UInt128 fabricId) => StoreFile.Prepare(file, FormatVersion, fabricId, Tables);

    /// <summary>The minute of a time, rounded down also before 1970.</summary>
    public static long MinuteOf(long timeMs) => Math.DivRem(timeMs, MinuteMs) is var (minute, rest) && rest < 0 ? minute - 1 : minute;

    public static UInt128 Read(ReadOnlySpan<byte> bytes) => bytes.Length == 16 ? BinaryPrimitives.ReadUInt128BigEndian(bytes) : UInt128.Zero;

    /// <summary>Binds an id as 16 bytes, so that their order is the order of the numbers; 0 as NULL.</summary>
    public static void BindId(this SqliteStatement statement, int index, UInt128 id)
    {
        if (id == UInt128.Zero)
        {
            statement.BindNull(index);
            return;
        }

        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, id);
        statement.Bind(index, bytes);
    }

    /// <summary>Binds a number; 0 as NULL.</summary>
    public static void BindSome(this SqliteStatement statement, int index, long value)
    {
        if (value == 0)
        {
            statement.BindNull(index);
        }
        else
        {
            statement.Bind(index, value);
        }
    }
}
