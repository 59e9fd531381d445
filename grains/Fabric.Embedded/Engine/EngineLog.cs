using Microsoft.Extensions.Logging;

namespace Fabric.Embedded.Engine;

/// <summary>The engine's log messages. Events 1000 to 1099.</summary>
internal static partial class EngineLog
{
    [LoggerMessage(1000, LogLevel.Information, "engine ready: {Sessions} sessions, {Records} index records, revision {Revision}, {Replayed} journal records replayed in {ElapsedMs} ms")]
    internal static partial void Ready(ILogger logger, int sessions, int records, ulong revision, long replayed, long elapsedMs);

    [LoggerMessage(1001, LogLevel.Error, "a sweep failed and is tried again")]
    internal static partial void SweepFailed(ILogger logger, Exception error);

    [LoggerMessage(1002, LogLevel.Error, "a checkpoint failed and is tried again; the journal keeps everything meanwhile")]
    internal static partial void CheckpointFailed(ILogger logger, Exception error);

    [LoggerMessage(1003, LogLevel.Information, "checkpoint at journal sequence {Sequence}: {Sessions} sessions, {ElapsedMs} ms")]
    internal static partial void Checkpointed(ILogger logger, ulong sequence, int sessions, long elapsedMs);

    [LoggerMessage(1004, LogLevel.Critical, "the journal is damaged: {Damage}; everything before is kept, and every tenant's generation is raised because revocations may be missing")]
    internal static partial void Damaged(ILogger logger, string damage);

    [LoggerMessage(1005, LogLevel.Error, "storage health changed: {Part} is {State}: {Reason}")]
    internal static partial void HealthChanged(ILogger logger, string part, string state, string reason);
}
