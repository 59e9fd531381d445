using Fabric.Embedded.Storage;

namespace Fabric.Embedded.Tests.Fixtures;

/// <summary>A data folder with a started journal, and what the replay handed out.</summary>
internal sealed class OpenJournal : IDisposable
{
    public OpenJournal(string path, JournalOptions? options = null, TimeProvider? time = null, ulong? after = null, Action<Journal>? beforeStart = null)
    {
        Folder = DataFolder.Open(path);
        try
        {
            Journal = Journal.Open(Folder, options, time);
            Journal.Replay(after ?? Journal.FirstSequence - 1, (sequence, record) => Replayed.Add((sequence, record.ToArray())));
            beforeStart?.Invoke(Journal);
            Journal.Start();
        }
        catch (Exception)
        {
            Journal?.Dispose();
            Folder.Dispose();
            throw;
        }
    }

    public DataFolder Folder { get; }

    public Journal Journal { get; }

    public List<(ulong Sequence, byte[] Record)> Replayed { get; } = [];

    /// <summary>Appends one record in a commit of its own.</summary>
    public async Task<ulong> Append(byte[] record)
    {
        Assert.True(Journal.TryAppend(record, out var ticket));
        Assert.True(await ticket.Committed);
        return ticket.Sequence;
    }

    /// <summary>Appends the records of <see cref="CrashChild.Record"/>, each in a commit of its own.</summary>
    public async Task AppendNumbered(int count)
    {
        for (var i = 0; i < count; i++)
        {
            await Append(CrashChild.Record(Journal.HeadSequence + 1));
        }
    }

    public void AssertNumbered(ulong first, ulong last)
    {
        Assert.Equal(last - first + 1, (ulong)Replayed.Count);
        for (var i = 0; i < Replayed.Count; i++)
        {
            Assert.Equal(first + (ulong)i, Replayed[i].Sequence);
            Assert.Equal(CrashChild.Record(first + (ulong)i), Replayed[i].Record);
        }
    }

    public void Dispose()
    {
        Journal.Dispose();
        Folder.Dispose();
    }
}
