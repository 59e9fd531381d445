using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using Fabric.Contracts;
using Fabric.Contracts.Changes;
using Fabric.Core.Common;
using Microsoft.Net.Http.Headers;

namespace Fabric.Silo.Api;

/// <summary>
/// Writes changes as server-sent events (WHATWG HTML, section 9.2): `id` is the cursor, `event` the kind. The last event of a subscriber that
/// cannot go on is `gap`, with problem details. Ends when the caller leaves or the host stops.
/// </summary>
internal static class EventStream
{
    // Keeps proxies from closing a quiet stream, and finds out that a caller has gone.
    private static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(15);

    public static async Task WriteAsync(ApiRequest request, ChangeQuery query)
    {
        var context = request.Context;
        var services = context.RequestServices;
        using var end = CancellationTokenSource.CreateLinkedTokenSource(
            request.Cancellation, services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping);
        // Where the stream begins is said first, so that a caller whose connection breaks before the first change misses none (R3).
        var begin = await request.Fabric.PullChangesAsync(query with { Cursor = query.Cursor ?? ChangeQuery.Now, Limit = 1 }, end.Token);
        if (!begin.IsOk)
        {
            JsonAnswer.Refuse(context, begin.Rejection);
            return;
        }
        var cursor = query.Cursor ?? begin.Value.Next;
        var changes = request.Fabric.WatchChangesAsync(query with { Cursor = cursor }, end.Token).GetAsyncEnumerator(end.Token);
        try
        {
            Open(context, cursor);
            await PumpAsync(context, changes, services.GetRequiredService<TimeProvider>());
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
            // The caller left or the host stops: the stream ends here and is resumed at its cursor.
        }
        finally
        {
            await changes.DisposeAsync();
        }
    }

    private static async Task PumpAsync(HttpContext context, IAsyncEnumerator<Outcome<Change>> changes, TimeProvider time)
    {
        var body = context.Response.BodyWriter;
        while (true)
        {
            var move = changes.MoveNextAsync();
            if (!move.IsCompleted)
            {
                // Nothing more at once: what is written goes out now, and the first time the headers do.
                await body.FlushAsync(context.RequestAborted);
            }
            if (!await NextAsync(move, body, time))
            {
                return;
            }
            var change = changes.Current;
            if (!change.IsOk)
            {
                WriteGap(body, change.Rejection);
                return;
            }
            WriteEvent(body, change.Value.Cursor, change.Value.Kind, JsonSerializer.SerializeToUtf8Bytes(change.Value, FabricJson.Default.Change));
        }
    }

    private static async ValueTask<bool> NextAsync(ValueTask<bool> move, PipeWriter body, TimeProvider time)
    {
        if (move.IsCompleted)
        {
            return await move;
        }
        var pending = move.AsTask();
        while (true)
        {
            try
            {
                return await pending.WaitAsync(KeepAlive, time);
            }
            catch (TimeoutException) when (!pending.IsCompleted)
            {
                body.Write(":\n\n"u8);
                await body.FlushAsync();
            }
        }
    }

    private static void Open(HttpContext context, string cursor)
    {
        context.Response.ContentType = "text/event-stream";
        context.Response.Headers[HeaderNames.CacheControl] = "no-store";
        Encoding.UTF8.GetBytes($": changes after this cursor\nid: {cursor}\n\n", context.Response.BodyWriter);
    }

    private static void WriteGap(PipeWriter body, Rejection rejection)
    {
        var problem = JsonAnswer.ProblemOf(rejection, StatusTable.Of(rejection.Code));
        WriteEvent(body, null, "gap", JsonSerializer.SerializeToUtf8Bytes(problem, FabricJson.Default.Problem));
    }

    private static void WriteEvent(PipeWriter body, string? id, string kind, byte[] data)
    {
        Encoding.UTF8.GetBytes(id is null ? $"event: {kind}\ndata: " : $"id: {id}\nevent: {kind}\ndata: ", body);
        body.Write(data);
        body.Write("\n\n"u8);
    }
}
