using System.Runtime.CompilerServices;
using System.Text.Json;
using Fabric.Contracts.Changes;
using Fabric.Core.Common;

namespace Fabric.Client.Http;

public sealed partial class FabricHttpClient
{
    private static readonly TimeSpan WatchRetryFirst = TimeSpan.FromMilliseconds(100);

    /// <inheritdoc/>
    public ValueTask<Outcome<ChangePage>> PullChangesAsync(ChangeQuery query, CancellationToken cancellation = default) =>
        _wire.SendAsync(HttpCall.Get(ChangesPath(query).With("cursor", query.Cursor).ToString()), Json.ChangePage, cancellation);

    /// <inheritdoc/>
    /// <remarks>A broken stream is opened again at its cursor, at the next address, until cancelled; only refusals of the fabric end it.</remarks>
    public async IAsyncEnumerable<Outcome<Change>> WatchChangesAsync(
        ChangeQuery query, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        var call = HttpCall.Get(ChangesPath(query).ToString());
        var cursor = query.Cursor;
        var wait = WatchRetryFirst;
        while (true)
        {
            var opened = await _wire.OpenAsync(call, request => Subscribe(request, cursor), cancellation);
            if (opened.IsOk)
            {
                using var response = opened.Value;
                await using var events = new EventReader(await response.Content.ReadAsStreamAsync(cancellation), _options.Time);
                while (await events.NextAsync(cancellation) is { } next)
                {
                    wait = WatchRetryFirst;
                    cursor = next.Id ?? cursor;
                    if (next.Data.Length > 0)
                    {
                        yield return Read(next);
                    }
                    if (next.Kind == EventReader.Gap)
                    {
                        yield break;
                    }
                }
            }
            else if (opened.Rejection.Code is not (Codes.Unreachable or Codes.Stopping or Codes.StorageUnavailable or Codes.Internal))
            {
                yield return opened.Rejection;
                yield break;
            }
            await Task.Delay(wait, _options.Time, cancellation);
            wait = wait * 2 < _options.WatchRetryMax ? wait * 2 : _options.WatchRetryMax;
        }
    }

    private static void Subscribe(HttpRequestMessage request, string? cursor)
    {
        request.Headers.Accept.ParseAdd("text/event-stream");
        if (cursor is not null)
        {
            request.Headers.TryAddWithoutValidation("Last-Event-ID", cursor);
        }
    }

    private static Outcome<Change> Read(in EventReader.Event next)
    {
        if (next.Kind != EventReader.Gap)
        {
            return JsonSerializer.Deserialize(next.Data, Json.Change) ?? throw new JsonException("a change is null");
        }
        var problem = JsonSerializer.Deserialize(next.Data, Json.Problem) ?? throw new JsonException("a problem is null");
        return new Rejection(problem.Code, problem.Subject, problem.Detail);
    }

    private static UrlText ChangesPath(ChangeQuery query)
    {
        var path = new UrlText("/v1/changes").With("tenant", query.Tenant).With("node", query.Node)
            .With("limit", query.Limit.ToString(System.Globalization.CultureInfo.InvariantCulture));
        foreach (var kind in query.Kinds ?? [])
        {
            path = path.With("kind", kind);
        }
        return path;
    }
}
