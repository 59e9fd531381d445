using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Serialization;
using Fabric.Silo.Api;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fabric.Silo.Signals;

/// <summary>Streams in the data folder of the embedded engine, a file each, replaced whole; all of them in memory.</summary>
internal sealed class FileSignalStore : ISignalStore, IDisposable
{
    /// <summary>How a stream is written.</summary>
    public static readonly JsonSerializerOptions Json = new() { UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow };

    private readonly SemaphoreSlim _gate = new(1);

    // One process has the folder, so a claim is its own, and none outlives it.
    private readonly Dictionary<string, Claim> _claims = new(StringComparer.Ordinal);
    private readonly string _folder;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly Lazy<ConcurrentDictionary<(string Tenant, string Id), SignalStream>> _streams;

    public FileSignalStore(string folder, TimeProvider? time = null, ILogger? log = null)
    {
        (_folder, _time, _log) = (folder, time ?? TimeProvider.System, log ?? NullLogger.Instance);

        // What could not be read is read again by the next who asks.
        _streams = new(Read, LazyThreadSafetyMode.PublicationOnly);
    }

    // Whoever was to work on it may have come to nothing: it runs out, as everywhere. Not seen: it was changed since its holder looked.
    private readonly record struct Claim(string Holder, long At, TimeSpan Lease, bool IsSeen);

    public ValueTask<SignalStream?> FindAsync(string tenant, string id, CancellationToken cancellation) => new(_streams.Value.GetValueOrDefault((tenant, id)));

    public ValueTask<IReadOnlyList<SignalStream>> ListAsync(string tenant, CancellationToken cancellation) =>
        new([.. _streams.Value.Values.Where(stream => stream.Tenant == tenant).OrderBy(stream => stream.Id, StringComparer.Ordinal)]);

    public ValueTask AddAsync(SignalStream stream, CancellationToken cancellation) => new(AloneAsync(() =>
    {
        Write(stream);
        return true;
    }, cancellation));

    public ValueTask<SignalStream?> UpdateAsync(string tenant, string id, Func<SignalStream, SignalStream> change, CancellationToken cancellation) => new(AloneAsync(() =>
    {
        if (!_streams.Value.TryGetValue((tenant, id), out var stream))
        {
            return null;
        }
        var changed = change(stream);
        Write(changed);
        if (_claims.TryGetValue(id, out var claim))
        {
            _claims[id] = claim with { IsSeen = false };
        }
        return changed;
    }, cancellation));

    public ValueTask RemoveAsync(SignalStream stream, CancellationToken cancellation) => new(AloneAsync(() =>
    {
        File.Delete(FileOf(stream));
        _claims.Remove(stream.Id);
        return _streams.Value.TryRemove((stream.Tenant, stream.Id), out _);
    }, cancellation));

    public ValueTask<IReadOnlyList<SignalStream>> ClaimAsync(string holder, TimeSpan lease, int most, CancellationToken cancellation) => new(AloneAsync<IReadOnlyList<SignalStream>>(() =>
    {
        var claimed = _streams.Value.Values.Where(stream => IsDue(stream, holder)).Take(most).ToList();
        foreach (var stream in claimed)
        {
            _claims[stream.Id] = new Claim(holder, _time.GetTimestamp(), lease, IsSeen: true);
        }
        return claimed;
    }, cancellation));

    public ValueTask<SignalStream?> UpdateClaimedAsync(SignalStream stream, string holder, TimeSpan lease, Func<SignalStream, SignalStream> change, CancellationToken cancellation) =>
        new(AloneAsync(() =>
        {
            if (!_claims.TryGetValue(stream.Id, out var claim) || claim.Holder != holder || !_streams.Value.TryGetValue((stream.Tenant, stream.Id), out var now))
            {
                return null;
            }
            var changed = change(now);
            if (!ReferenceEquals(changed, now))
            {
                Write(changed);
            }
            _claims[stream.Id] = new Claim(holder, _time.GetTimestamp(), lease, IsSeen: true);
            return changed;
        }, cancellation));

    public ValueTask ReleaseAsync(SignalStream stream, string holder, CancellationToken cancellation) =>
        new(AloneAsync(() => _claims.TryGetValue(stream.Id, out var claim) && claim.Holder == holder && _claims.Remove(stream.Id), cancellation));

    public void Dispose() => _gate.Dispose();

    private bool IsDue(SignalStream stream, string holder) => _claims.TryGetValue(stream.Id, out var claim)
        ? (claim.Holder == holder && !claim.IsSeen) || (stream.IsPushed && _time.GetElapsedTime(claim.At) > claim.Lease)
        : stream.IsPushed;

    private async Task<T> AloneAsync<T>(Func<T> change, CancellationToken cancellation)
    {
        await _gate.WaitAsync(cancellation);
        try
        {
            return change();
        }
        finally
        {
            _gate.Release();
        }
    }

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
            try
            {
                var stream = JsonSerializer.Deserialize<SignalStream>(File.ReadAllBytes(file), Json) ?? throw new JsonException("no stream");
                streams[(stream.Tenant, stream.Id)] = stream;
            }
            catch (JsonException fault)
            {
                // The others are served; the file stays as it is.
                _log.StreamUnreadable(Path.GetFileNameWithoutExtension(file), "?", fault.Path);
            }
        }
        return streams;
    }
}
