using System.Text.Json.Nodes;
using Fabric.Contracts;
using Fabric.Contracts.Changes;
using Fabric.Core.Common;

namespace Fabric.Silo.Signals;

/// <summary>
/// Reads a stream's next events from its place in the change stream and makes their tokens. Nothing is queued: what happened while it was paused, or its receiver was away, is there as long as
/// the fabric keeps changes; past that the stream is disabled, and says so.
/// </summary>
internal sealed class SignalGather(SignalToken token)
{
    /// <summary>Why a stream is disabled whose place the fabric does not know any more.</summary>
    public const string Gap = "cursor.gap: events were lost, since they were not fetched while the fabric kept them";

    private const int PagesMax = 20;
    private const int PageSize = 500;

    /// <summary>An event's token.</summary>
    internal readonly record struct Set(string Jti, string Token);

    /// <summary>What was found: the stream moved on over all that is done or no signal, the events in order, whether there are more.</summary>
    internal sealed record Found(SignalStream Stream, IReadOnlyList<Set> Sets, bool More);

    /// <summary>The next events. <paramref name="most"/>: of them, at most. A stream that is not enabled gives events about itself alone.</summary>
    public async ValueTask<Outcome<Found>> NextAsync(IFabric fabric, SignalStream stream, int most, CancellationToken cancellation)
    {
        var sets = new List<Set>();
        if (SignOwn(stream, most, sets) is { } unsigned)
        {
            return unsigned;
        }
        if (stream.Status != "enabled")
        {
            return new Found(stream, sets, More: false);
        }
        var (at, isWhole, acknowledged) = (stream.Cursor, true, new HashSet<string>(stream.Acknowledged, StringComparer.Ordinal));
        for (var pages = 0; pages < PagesMax; pages++)
        {
            var page = await fabric.PullChangesAsync(new ChangeQuery(at, stream.Tenant, null, SignalEvents.Kinds, PageSize), cancellation);
            if (!page.IsOk)
            {
                return page.Rejection.Code == Codes.CursorGap ? new Found(Disabled(stream), sets, More: true) : page.Rejection;
            }
            foreach (var change in page.Value.Changes)
            {
                var jti = $"{stream.Id}.{change.Cursor}";
                if (SignalEvents.Of(change) is { } signal && IsWanted(stream, change, signal.Type) && !acknowledged.Contains(jti))
                {
                    if (sets.Count >= most)
                    {
                        return new Found(Forget(stream, acknowledged), sets, More: true);
                    }
                    var signed = token.Sign(stream, jti, SignalEvents.SubjectOf(change, token.IssuerOf(stream.Tenant)), signal.Type, signal.Fields, change.Cursor);
                    if (!signed.IsOk)
                    {
                        return signed.Rejection;
                    }
                    sets.Add(new Set(jti, signed.Value));
                    isWhole = false;
                }
                else if (isWhole)
                {
                    // INVARIANT R3: the place moves only over what is acknowledged or no signal here, so that nothing is lost.
                    acknowledged.Remove(jti);
                    stream = stream with { Cursor = change.Cursor };
                }
            }
            at = page.Value.Next;
            stream = isWhole ? stream with { Cursor = at } : stream;
            if (page.Value.Changes.Count < PageSize)
            {
                return new Found(Forget(stream, acknowledged), sets, More: false);
            }
        }
        return new Found(Forget(stream, acknowledged), sets, More: true);
    }

    /// <summary>
    /// The change that moves a stream to where it was found to be; null: it is there. INVARIANT R3: only onto the stream that was looked at: what its receiver, or another look at it, has
    /// changed meanwhile was not. Then the next look sees it.
    /// </summary>
    public static Func<SignalStream, SignalStream>? Move(SignalStream before, SignalStream after)
    {
        if (before.Cursor == after.Cursor && before.Status == after.Status)
        {
            return null;
        }
        var passed = before.Acknowledged.Except(after.Acknowledged, StringComparer.Ordinal).ToHashSet(StringComparer.Ordinal);
        return now => !IsSame(now, before) ? now : now with
        {
            Cursor = after.Cursor,
            Acknowledged = [.. now.Acknowledged.Where(jti => !passed.Contains(jti))],
            Own = [.. now.Own, .. after.Own.Where(own => before.Own.All(known => known.Jti != own.Jti))],
            Status = after.Status,
            Reason = after.Reason,
        };
    }

    /// <summary>Whether a stream is one that was looked at, as far as it says which events are next.</summary>
    public static bool IsSame(SignalStream now, SignalStream before) =>
        now.Cursor == before.Cursor && now.Status == before.Status && now.EventsRequested.SequenceEqual(before.EventsRequested, StringComparer.Ordinal)
        && now.Removed.Count == before.Removed.Count && now.Removed.Zip(before.Removed).All(pair => JsonNode.DeepEquals(pair.First, pair.Second));

    private Rejection? SignOwn(SignalStream stream, int most, List<Set> sets)
    {
        // What is pushed to a stream that is paused or disabled is what the fabric says of that (SSF 1.0 section 8.1.5); who polls it asks for the rest himself.
        var told = stream.Push is null || stream.Status == "enabled" ? stream.Own : stream.Own.Where(own => own.Type == SignalEvents.StreamUpdated);
        foreach (var own in told.Take(most))
        {
            var subject = new JsonObject { ["format"] = "opaque", ["id"] = stream.Id };
            var signed = token.Sign(stream, own.Jti, subject, own.Type, (JsonObject)own.Fields.DeepClone(), null);
            if (!signed.IsOk)
            {
                return signed.Rejection;
            }
            sets.Add(new Set(own.Jti, signed.Value));
        }
        return null;
    }

    private static SignalStream Forget(SignalStream stream, HashSet<string> acknowledged) => stream with { Acknowledged = [.. acknowledged] };

    private bool IsWanted(SignalStream stream, Change change, string type) =>
        stream.EventsRequested.Contains(type, StringComparer.Ordinal)
        && (stream.Removed.Count == 0 || !stream.Removed.Any(each => SignalEvents.SubjectOf(change, token.IssuerOf(stream.Tenant)).Names(each)));

    // The receiver learns of the loss, and starts again where the fabric still knows when it enables the stream.
    private static SignalStream Disabled(SignalStream stream) => stream.WithOwn(SignalEvents.StreamUpdated, new JsonObject { ["status"] = "disabled", ["reason"] = Gap }) with
    {
        Status = "disabled",
        Reason = Gap,
    };
}
