using System.Buffers.Binary;

namespace Fabric.Embedded.Storage;

/// <summary>
/// The last committed sequence number, kept in a small file of its own. SQLite drops the end of a damaged WAL without a word; the row
/// chain cannot show that its own end is missing; this file can. It is written after each commit and never synced: it may lag behind
/// the journal after a power cut, but is never ahead of it.
/// </summary>
internal sealed class JournalHead : IDisposable
{
    private const int Size = 16;
    private const ulong CheckSeed = 0x4642524943484431; // any fixed value: tells a torn or foreign file

    private readonly Microsoft.Win32.SafeHandles.SafeFileHandle _file;
    private readonly byte[] _bytes = new byte[Size];

    public JournalHead(string path)
    {
        try
        {
            using (var stream = new FileStream(path, OptionsFor()))
            {
            }

            _file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.Read);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new FabricStartException(StartCodes.StorageUnavailable, $"`{path}` cannot be opened: {e.Message}", e);
        }
    }

    /// <summary>The sequence number, or 0 when the file is new or not readable: then a lost tail cannot be told.</summary>
    public ulong Read()
    {
        if (RandomAccess.Read(_file, _bytes, 0) != Size)
        {
            return 0;
        }

        var sequence = BinaryPrimitives.ReadUInt64LittleEndian(_bytes);
        return BinaryPrimitives.ReadUInt64LittleEndian(_bytes.AsSpan(8)) == (sequence ^ CheckSeed) ? sequence : 0;
    }

    /// <summary>States that everything up to <paramref name="sequence"/> is committed. A failure is left alone: the file only helps to detect.</summary>
    public void Write(ulong sequence)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(_bytes, sequence);
        BinaryPrimitives.WriteUInt64LittleEndian(_bytes.AsSpan(8), sequence ^ CheckSeed);
        try
        {
            RandomAccess.Write(_file, _bytes, 0);
        }
        catch (IOException)
        {
            // The commit itself is on disk; a head that lags behind hides a lost tail but loses nothing.
        }
    }

    public void Dispose() => _file.Dispose();

    private static FileStreamOptions OptionsFor()
    {
        var options = new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        return options;
    }
}
