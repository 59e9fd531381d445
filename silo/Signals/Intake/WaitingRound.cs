using System.Collections.Concurrent;
using Fabric.Core.Common;
using Fabric.Core.Issuers;
using Fabric.Silo.Federation;

namespace Fabric.Silo.Signals.Intake;

/// <summary>
/// Judges what waits for one issuer once more. An event whose key is not known is looked at when its issuer has told its keys anew, which it is asked for as rarely as for any name that is not known:
/// what is made up costs neither requests nor signatures to check.
/// </summary>
internal sealed class WaitingRound(WaitingEvents waiting, SignalIntake intake, KeySets keys, TimeProvider time, ILogger log)
{
    /// <summary>
    /// How long an event may wait before it is an alarm: a key that is not known is asked for again within that time, so that who makes tokens up raises none.
    /// </summary>
    public static readonly TimeSpan LateAfter = TimeSpan.FromMinutes(1);

    // Clocks of silos differ by that at most; what is looked at once too often costs a signature.
    private static readonly TimeSpan Slack = TimeSpan.FromMinutes(1);
    private static readonly WaitsFor[] All = Enum.GetValues<WaitsFor>();

    private readonly ConcurrentDictionary<(string Tenant, string Issuer), Judged> _judged = new();

    // By which keys, and when, all that waited was judged; null keys: not all was. Since when the issuer answers.
    private sealed record Judged(ForeignKeySet? By, Instant At, Instant AnswersSince);

    /// <summary>Forgets what it knows of issuers but these.</summary>
    public void Keep(Func<string, string, bool> isTrusted)
    {
        foreach (var known in _judged.Keys.Where(known => !isTrusted(known.Tenant, known.Issuer)))
        {
            _judged.TryRemove(known, out _);
        }
    }

    /// <summary>How it stands with an issuer's events afterwards.</summary>
    public async ValueTask<WaitState> TryAsync(string tenant, TrustedIssuer issuer, CancellationToken cancellation)
    {
        var events = new List<WaitingEvent>();
        foreach (var what in All)
        {
            // All of them: made-up ones with keys that nobody has stand in nobody's way.
            var listed = await waiting.ListAsync(tenant, issuer.Id, what, cancellation);
            if (!listed.IsOk)
            {
                return WaitState.Waits;
            }
            events.AddRange(listed.Value);
        }
        var name = (tenant, issuer.Id);
        if (events.Count == 0)
        {
            _judged.TryRemove(name, out _);
            return WaitState.None;
        }

        // First: an event that comes meanwhile is judged by these or by newer ones.
        var now = Instant.From(time.GetUtcNow());
        var newest = await keys.NewestAsync(issuer, cancellation);
        var before = _judged.GetValueOrDefault(name);
        var judged = new Judged(newest.IsOk ? newest.Value : null, now, newest.IsOk ? before?.AnswersSince ?? now : now);
        var tally = new Tally(tenant, issuer.Id);
        foreach (var each in events)
        {
            var isKnown = newest.IsOk && ReferenceEquals(before?.By, newest.Value) && each.Since + Slack < before!.At;
            await TryAsync(each, isKnown, judged.AnswersSince, tally, cancellation);
        }
        if (newest.IsOk)
        {
            _judged[name] = tally.IsOpen ? judged with { By = null } : judged;
        }
        else
        {
            // Once it answers again, what waited for that has its time before it.
            _judged.TryRemove(name, out _);
        }
        tally.Tell(log);
        return tally.State;
    }

    private async ValueTask TryAsync(WaitingEvent each, bool isKnown, Instant answersSince, Tally tally, CancellationToken cancellation)
    {
        var refused = isKnown ? EventRefusals.KeyUnknown : await intake.TakeWaitingAsync(each.Note.Tenant, each.Token, each.Since, cancellation);
        var now = Instant.From(time.GetUtcNow());
        if (refused is null || EventRefusals.AreFinal(refused.Code))
        {
            tally.Done(refused?.Code, isGone: await waiting.RemoveAsync(each, cancellation));
            return;
        }
        var hasNoKey = refused.Code == EventRefusals.KeyUnknown.Code;
        tally.IsOpen |= !hasNoKey;
        if (now - each.Since >= WaitingEvents.KeptFor || (hasNoKey && now - Instant.Max(each.Since, answersSince) >= WaitingEvents.KeyKeptFor))
        {
            tally.GivenUp(each.For, isGone: await waiting.GiveUpAsync(each, cancellation));
            return;
        }

        // Who pushes a token that is made up brings about no alarm; one that its transmitter itself hands out is none that anybody could make up.
        tally.Waits(isLate: now - each.Since >= LateAfter && (!hasNoKey || each.For == WaitsFor.PolledKey));
    }

    // What came of a round, told in a line for each kind and not for each event.
    private sealed class Tally(string tenant, string issuer)
    {
        private readonly int[] _givenUp = new int[All.Length];
        private int _none;
        private string? _code;

        /// <summary>Whether something is open but the key of an event.</summary>
        public bool IsOpen { get; set; }

        public WaitState State { get; private set; }

        public void Waits(bool isLate) => State = isLate || State == WaitState.Late ? WaitState.Late : WaitState.Waits;

        // What another host has taken away, or nobody could yet, is looked for once more.
        public void GivenUp(WaitsFor what, bool isGone)
        {
            if (isGone)
            {
                _givenUp[(int)what]++;
            }
            else
            {
                Waits(isLate: false);
            }
        }

        public void Done(string? code, bool isGone)
        {
            if (!isGone)
            {
                IsOpen = true;
                Waits(isLate: false);
            }
            else if (code is not null)
            {
                (_none, _code) = (_none + 1, code);
            }
        }

        public void Tell(ILogger log)
        {
            if (_code is not null)
            {
                log.EventsWereNone(issuer, tenant, _none, _code);
            }
            foreach (var what in All.Where(what => _givenUp[(int)what] > 0))
            {
                log.EventsGivenUp(issuer, tenant, _givenUp[(int)what], what);
            }
        }
    }
}
