using Fabric.Core.Common;
using Fabric.Core.Journal;
using Fabric.Grains.Storage;
using Fabric.Grains.Wire;

namespace Fabric.Grains.Entities;

/// <summary>
/// An entity's own events: its state is what they make of it. Read once from the database at activation; appended through the log, which takes them only while
/// nobody else has appended for this entity.
/// </summary>
internal sealed class EntityLog(ClusterParts parts, string owner)
{
    private long _version;

    internal Task LoadAsync(Action<FabricEvent, Instant> apply, CancellationToken cancellation) => StorageFaults.TellAsync(() => ReadAsync(apply, cancellation));

    private async Task ReadAsync(Action<FabricEvent, Instant> apply, CancellationToken cancellation)
    {
        await using var command = parts.Commands.CreateCommand("SELECT version, at_ms, event FROM fabric_directory WHERE owner = $1 ORDER BY version, part");
        LogTables.Add(command.Parameters, owner);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation))
        {
            _version = reader.GetInt64(0);
            apply(EventList.ReadOne(reader.GetFieldValue<byte[]>(2)), new Instant(reader.GetInt64(1)));
        }
    }

    /// <summary>Appends what one command decided. After any refusal the caller's state may be old: it must not decide again.</summary>
    internal ValueTask<Outcome<LogAnswer>> AppendAsync(string by, Instant now, params FabricEvent[] events) => AppendAsync(by, now, IndexHold.None, events);

    /// <summary>The same, with whose room in the index it takes.</summary>
    internal async ValueTask<Outcome<LogAnswer>> AppendAsync(string by, Instant now, IndexHold hold, params FabricEvent[] events)
    {
        var logged = await parts.Client.AppendAsync(parts.NextId(now), by, now, events, owner, _version, hold: hold);
        if (logged.IsOk)
        {
            _version++;
        }

        return logged;
    }
}
