using System.Threading.Channels;
using Fabric.Core.Common;
using Fabric.Grains.Wire;

namespace Fabric.Grains.Storage;

/// <summary>
/// Writes audit records that belong to no command of the log: refusals, and what enforcement points saw. What several callers bring at one time goes in one commit;
/// each waits for its own.
/// </summary>
internal sealed class AuditWriter : IAsyncDisposable
{
    // Lines that wait, and lines of one commit (B1).
    private const int WaitingMax = 10_000;
    private const int LinesAtOnce = 5_000;

    private readonly IAuditStore _store;
    private readonly TimeProvider _time;
    private readonly Func<ulong> _revision;
    private readonly Channel<Writing> _queue = Channel.CreateBounded<Writing>(WaitingMax);
    private readonly Task _loop;

    internal AuditWriter(IAuditStore store, TimeProvider time, Func<ulong> revision)
    {
        (_store, _time, _revision) = (store, time, revision);
        _loop = Task.Run(RunAsync);
    }

    /// <summary>Whether the last write worked. Issuance does not ask: its audit is in its own commit.</summary>
    internal bool IsTaking { get; private set; } = true;

    /// <summary>Records a refusal; one that the store does not take is lost, like the refusal itself had the caller not asked.</summary>
    internal async Task RejectedAsync(string tenant, LogSubject subject, string by, string command, string code)
    {
        _ = await WriteAsync(
            [
                new AuditLine("command.rejected", tenant, Instant.From(_time.GetUtcNow()).UnixMs)
                {
                    // As it was asked for, which may be what it was refused for.
                    Agent = Plain(subject.Agent), User = Plain(subject.User), Session = subject.Session, Purpose = Plain(subject.Purpose), Reason = code, By = by, Revision = _revision(),
                    Detail = command,
                },
            ],
            null).ConfigureAwait(false);
    }

    /// <summary>Writes lines durably. <paramref name="report"/>: the name of a report that is to be taken once; taken before, it is not taken again. False: not written.</summary>
    internal async Task<bool> WriteAsync(IReadOnlyList<AuditLine> lines, byte[]? report)
    {
        var writing = new Writing(lines, report);
        return _queue.Writer.TryWrite(writing) && await writing.Done.Task.ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        await _loop.ConfigureAwait(false);
    }

    private async Task RunAsync()
    {
        var batch = new List<Writing>();
        while (await _queue.Reader.WaitToReadAsync().ConfigureAwait(false))
        {
            batch.Clear();
            for (var lines = 0; lines < LinesAtOnce && _queue.Reader.TryRead(out var one); lines += one.Lines.Count)
            {
                batch.Add(one);
            }

            // A report has a commit of its own: whether it was taken before shows only there.
            var plain = batch.FindAll(one => one.Report is null);
            if (!await TryAsync(plain).ConfigureAwait(false) && plain.Count > 1)
            {
                // INVARIANT A1: one that the store cannot take takes nobody else's along.
                foreach (var one in plain)
                {
                    await TryAsync([one]).ConfigureAwait(false);
                }
            }

            Answer(plain);
            foreach (var report in batch.Where(one => one.Report is not null))
            {
                await TryAsync([report]).ConfigureAwait(false);
                Answer([report]);
            }
        }
    }

    private static void Answer(List<Writing> writings) => writings.ForEach(writing => writing.Done.TrySetResult(writing.IsWritten));

    private static string? Plain(string? text)
    {
        const int lengthMax = 512;
        return text is null ? null : string.Concat(text.Take(lengthMax).Select(each => char.IsControl(each) || char.IsSurrogate(each) ? '\uFFFD' : each));
    }

    private async Task<bool> TryAsync(List<Writing> writings)
    {
        if (writings.Count == 0)
        {
            return true;
        }

        try
        {
            await _store.WriteAsync([.. writings.SelectMany(writing => writing.Lines)], writings[0].Report, Instant.From(_time.GetUtcNow())).ConfigureAwait(false);
            IsTaking = true;
            writings.ForEach(writing => writing.IsWritten = true);
            return true;
        }
#pragma warning disable CA1031 // whatever it was, the callers are told
        catch (Exception)
#pragma warning restore CA1031
        {
            IsTaking = false;
            return false;
        }
    }

    private sealed record Writing(IReadOnlyList<AuditLine> Lines, byte[]? Report)
    {
        internal bool IsWritten { get; set; }

        internal TaskCompletionSource<bool> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
