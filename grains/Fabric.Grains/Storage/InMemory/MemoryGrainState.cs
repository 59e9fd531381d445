using System.Globalization;
using Orleans.Serialization;
using Orleans.Storage;

namespace Fabric.Grains.Storage.InMemory;

/// <summary>
/// The state of grains in the process's memory, and not in Orleans' own memory grains: those die with the silo that they are on, and quotas would be handed out twice.
/// </summary>
internal sealed class MemoryGrainState(MemoryTables tables, Serializer serializer) : IGrainStorage
{
    public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        lock (tables.Gate)
        {
            var line = tables.Grains.GetValueOrDefault((stateName, grainId));
            (grainState.State, grainState.RecordExists) = line?.State is { } bytes ? (serializer.Deserialize<T>(bytes), true) : (Activator.CreateInstance<T>(), false);
            grainState.ETag = line?.Version.ToString(CultureInfo.InvariantCulture);
            return Task.CompletedTask;
        }
    }

    public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) => Put(stateName, grainId, grainState, serializer.SerializeToArray(grainState.State));

    public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        var cleared = Put(stateName, grainId, grainState, null);
        grainState.State = Activator.CreateInstance<T>();
        return cleared;
    }

    // Only the version that was read is replaced: another activation may have gone on.
    private Task Put<T>(string stateName, GrainId grainId, IGrainState<T> grainState, byte[]? state)
    {
        lock (tables.Gate)
        {
            var before = tables.Grains.GetValueOrDefault((stateName, grainId));
            var version = before?.Version.ToString(CultureInfo.InvariantCulture);
            if (version != grainState.ETag)
            {
                throw new InconsistentStateException("another activation has written the state", version ?? "", grainState.ETag ?? "");
            }

            var next = (before?.Version ?? 0) + 1;
            tables.Grains[(stateName, grainId)] = new GrainLine(state, next);
            (grainState.ETag, grainState.RecordExists) = (next.ToString(CultureInfo.InvariantCulture), state is not null);
            return Task.CompletedTask;
        }
    }
}
