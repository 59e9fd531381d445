using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Serialization;
using Fabric.Silo.Api;

namespace Fabric.Silo.Signals;

/// <summary>Streams in the data folder of the embedded engine, a file each, replaced whole; all of them in memory.</summary>
internal sealed class FileSignalStore : ISignalStore, IDisposable
{
    /// <summary>How a stream is written.</summary>
    public static readonly JsonSerializerOptions Json = new() { UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow };

    private readonly SemaphoreSlim _gate = new(1);
    private readonly string _folder;
    private readonly Lazy<ConcurrentDictionary<(string Tenant, string Id), SignalStream>> _streams;

    public FileSignalStore(string folder)
    {
        _folder = folder;
        // What could not be read is read again by the next who asks.
        _streams = new(Read, LazyThreadSafetyMode.PublicationOnly);
    }

    public ValueTask<SignalStream?> FindAsync(string tenant, string id, CancellationToken cancellation) => new(_streams.Value.GetValueOrDefault((tenant, id)));

    public ValueTask<IReadOnlyList<SignalStream>> ListAsync(string tenant, CancellationToken cancellation) =>
        new([.. _streams.Value.Values.Where(stream => stream.Tenant == tenant).OrderBy(stream => stream.Id, StringComparer.Ordinal)]);

    public async ValueTask AddAsync(SignalStream stream, CancellationToken cancellation)
    {
        await _gate.WaitAsync(cancellation);
        try
        {
            Write(stream);
        }
        finally
        {
            _gate.Release();
        }
    }

    public async ValueTask<SignalStream?> UpdateAsync(string tenant, string id, Func<SignalStream, SignalStream> change, CancellationToken cancellation)
    {
        await _gate.WaitAsync(cancellation);
        try
        {
            if (!_streams.Value.TryGetValue((tenant, id), out var stream))
            {
                return null;
            }
            var changed = change(stream);
            Write(changed);
            return changed;
        }
        finally
        {
            _gate.Release();
        }
    }

    public async ValueTask RemoveAsync(SignalStream stream, CancellationToken cancellation)
    {
        await _gate.WaitAsync(cancellation);
        try
        {
            File.Delete(FileOf(stream));
            _streams.Value.TryRemove((stream.Tenant, stream.Id), out _);
        }
        finally
        {
            _gate.Release();
        }
    }

    public void Dispose() => _gate.Dispose();

    // A crash leaves the file as it was or as it is now.
    private void Write(SignalStream stream)
    {
        var streams = _streams.Value;
        try
        {
            Directory.CreateDirectory(_folder);
            var file = FileOf(stream);
            using (var written = new FileStream(file + ".new", FileMode.Create, FileAccess.Write))
            {
                JsonSerializer.Serialize(written, stream, Json);
                written.Flush(flushToDisk: true);
            }
            File.Move(file + ".new", file, overwrite: true);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new StoreAwayException("the folder of the streams does not take what is written", fault);
        }
        streams[(stream.Tenant, stream.Id)] = stream;
    }

    // Ids are made here: 32 hex digits.
    private string FileOf(SignalStream stream) => Path.Combine(_folder, stream.Id + ".json");

    private ConcurrentDictionary<(string, string), SignalStream> Read()
    {
        var streams = new ConcurrentDictionary<(string, string), SignalStream>();
        foreach (var file in Directory.Exists(_folder) ? Directory.EnumerateFiles(_folder, "*.json") : [])
        {
            var stream = JsonSerializer.Deserialize<SignalStream>(File.ReadAllBytes(file), Json) ?? throw new InvalidDataException($"{file}: no stream");
            streams[(stream.Tenant, stream.Id)] = stream;
        }
        return streams;
    }
}
