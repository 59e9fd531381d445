using Fabric.Contracts;
using Fabric.Contracts.Common;
using Fabric.Contracts.Revocations;
using Fabric.Core.Common;
using Fabric.Core.Issuers;
using Fabric.Engine;
using Fabric.Engine.Notes;
using Fabric.Silo.Federation;
using Fabric.Silo.OAuth;

namespace Fabric.Silo.Signals.Intake;

/// <summary>
/// Takes events of the transmitters that a tenant trusts, and ends the users and sessions that they are about, by the ordinary commands: durable, in the audit with the issuer as who, and the
/// same event once. What cannot be judged for want of keys waits (<see cref="WaitingEvents"/>): it is neither believed nor dropped.
/// </summary>
internal sealed class SignalIntake(IFabricEngine engine, EventTokens tokens, WaitingEvents waiting, TimeProvider time, ILoggerFactory logs)
{
    private const string Seen = "signals.seen";

    // Longer than a token of an event is taken for, and waits.
    private static readonly TimeSpan SeenFor = EventTokens.AgeMax + WaitingEvents.KeptFor + EventTokens.AheadMax;

    private static readonly NoteLimits SeenLimits = new(100_000, 1_000_000);

    private readonly ILogger _log = logs.CreateLogger("Fabric.Silo.Signals");
    private readonly TokenFloors _floors = new(engine, time);
    private readonly CatchUps _catchUps = new(engine);

    // What an event of a token does, and to whom.
    private sealed record Act(string Type, EventEffect Effect, IReadOnlyList<EventSubject> Subjects);

    /// <summary>
    /// Null: the event is done with, or waits durably. Refusals: those of <see cref="EventRefusals"/>; all others: send it again. <paramref name="isPolled"/>: it comes from where its transmitter is
    /// polled, and not from anybody.
    /// </summary>
    public async ValueTask<Rejection?> TakeAsync(string tenant, string text, bool isPolled, CancellationToken cancellation)
    {
        var read = await ReadAsync(tenant, text, cameAt: null, cancellation);
        return read.IsOk ? await DoAsync(tenant, read.Value, cancellation)
            : read.Rejection.Code == Codes.IssuerKeysUnavailable ? await waiting.AddAsync(tenant, text, WaitsFor.Keys, cancellation)
            : read.Rejection.Code == EventRefusals.KeyUnknown.Code ? await waiting.AddAsync(tenant, text, isPolled ? WaitsFor.PolledKey : WaitsFor.PushedKey, cancellation)
            : read.Rejection;
    }

    /// <summary>The same for one that has waited. <see cref="EventRefusals.KeyUnknown"/> and `issuer.keys_unavailable`: it waits on.</summary>
    public async ValueTask<Rejection?> TakeWaitingAsync(string tenant, string text, Instant cameAt, CancellationToken cancellation)
    {
        var read = await ReadAsync(tenant, text, cameAt, cancellation);
        return read.IsOk ? await DoAsync(tenant, read.Value, cancellation) : read.Rejection;
    }

    // INVARIANT R1: who was trusted at another silo a moment ago is trusted: a transmitter that is told that it is not does not send the event again.
    private async ValueTask<Outcome<EventToken>> ReadAsync(string tenant, string text, Instant? cameAt, CancellationToken cancellation)
    {
        var read = await tokens.ReadAsync(tenant, text, cameAt, cancellation);
        return read.IsOk || !EventRefusals.IsOfList(read.Rejection) ? read
            : await _catchUps.WaitAsync(cancellation) is { } behind ? behind
            : await tokens.ReadAsync(tenant, text, cameAt, cancellation);
    }

    private async ValueTask<Rejection?> DoAsync(string tenant, EventToken token, CancellationToken cancellation)
    {
        var name = UseNames.Of(Seen, $"{tenant}\n{token.Issuer.Issuer}", token.Jti);
        var seen = await engine.Notes.FindAsync(tenant, Seen, name, cancellation);
        if (!seen.IsOk || seen.Value is not null)
        {
            // RFC 8935 section 2: one that comes again is acknowledged again, and does nothing.
            return seen.Rejection;
        }

        // INVARIANT A1: in records the issuer stands as who did it. INVARIANT T1: bound to the tenant whose list the issuer is on, and to no other.
        var fabric = engine.As(new Caller(Role.TenantAdmin, tenant, $"issuer.{token.Issuer.Id}"));
        var didAny = false;
        if (ActsOf(tenant, token) is not { } acts)
        {
            return EventRefusals.TooMany;
        }
        foreach (var act in acts)
        {
            var done = await ApplyAsync(fabric, tenant, token, act, cancellation);
            if (!done.IsOk)
            {
                return done.Rejection;
            }
            didAny |= done.Value;
        }

        // After what it does is durable: one that is cut off in between comes again, and finds its own idempotency key. An event that concerns nobody here leaves nothing behind.
        return didAny ? await RememberAsync(tenant, token, name, cancellation) : null;
    }

    private async ValueTask<Rejection?> RememberAsync(string tenant, EventToken token, UInt128 name, CancellationToken cancellation)
    {
        var until = Instant.From(time.GetUtcNow() + SeenFor);
        var added = await engine.Notes.AddAsync(new Note(tenant, Seen, name, token.Issuer.Id, null, until, ReadOnlyMemory<byte>.Empty), SeenLimits, cancellation);
        if (added?.Code == Codes.LimitReached)
        {
            // It is done, and durable. Not remembered, it would at worst end sessions once more, if it came again; refused, it would hold up all that come after it.
            _log.EventNotRemembered(token.Issuer.Id, tenant);
            return null;
        }
        return added is null || added.Code == Codes.AlreadyExists ? null : added;
    }

    // All that a token asks for; null: one event of it is about too many. Nothing is done before it is known that all of it can be.
    private List<Act>? ActsOf(string tenant, EventToken token)
    {
        var acts = new List<Act>();
        foreach (var (type, fields) in token.Claims.GetProperty("events").EnumerateObject().Select(each => (each.Name, each.Value)))
        {
            var effect = EventEffects.Of(type, fields);
            if (effect == EventEffect.None)
            {
                continue;
            }
            if (EventSubjects.UsersOf(token.Claims, fields, issuer => SpeaksFor(tenant, token.Issuer, issuer)) is not { } subjects)
            {
                return null;
            }
            acts.Add(new Act(type, effect, subjects));
        }
        return acts;
    }

    private async ValueTask<Outcome<bool>> ApplyAsync(IFabric fabric, string tenant, EventToken token, Act act, CancellationToken cancellation)
    {
        var didAny = false;
        foreach (var subject in act.Subjects)
        {
            var users = await UsersOfAsync(fabric, tenant, subject, cancellation);
            if (!users.IsOk)
            {
                return users.Rejection;
            }
            foreach (var user in users.Value)
            {
                if (await EndAsync(fabric, tenant, user, token, act, cancellation) is { } refused)
                {
                    return refused;
                }
                didAny = true;
            }
        }
        if (!didAny)
        {
            _log.EventOfNobody(token.Issuer.Id, tenant, EventEffects.NameOf(act.Type));
        }
        return didAny;
    }

    // A name that is nobody's leaves no tombstone: whoever is known to a provider alone is none of the fabric's.
    private async ValueTask<Outcome<IReadOnlyList<string>>> UsersOfAsync(IFabric fabric, string tenant, EventSubject subject, CancellationToken cancellation)
    {
        var known = await fabric.GetUserAsync(tenant, subject.User, cancellation);

        // Who was registered at another silo a moment ago is known to the cluster.
        if (!known.IsOk && known.Rejection.Code == Codes.NotFound)
        {
            if (await engine.CatchUpAsync(cancellation) is { } behind)
            {
                return behind;
            }
            known = await fabric.GetUserAsync(tenant, subject.User, cancellation);
        }
        if (known.IsOk || known.Rejection.Code != Codes.NotFound)
        {
            return known.IsOk ? Outcome<IReadOnlyList<string>>.Of([subject.User]) : known.Rejection;
        }

        // INVARIANT R1: an address is written in capitals here and there (RFC 9493 section 3.2.2): what ends its user is not lost for that.
        return Outcome<IReadOnlyList<string>>.Of(subject.IsAddress ? engine.UsersCalled(tenant, subject.User) : []);
    }

    private async ValueTask<Rejection?> EndAsync(IFabric fabric, string tenant, string user, EventToken token, Act act, CancellationToken cancellation)
    {
        var reason = $"{EventEffects.NameOf(act.Type)} by {token.Issuer.Id}";

        // INVARIANT R1: first: a token of before that is shown meanwhile opens what the end ends, or finds this.
        if (act.Effect == EventEffect.EndSessions && await _floors.RaiseAsync(tenant, user, token.MadeAt, cancellation) is { } unkept)
        {
            if (unkept.Code != Codes.LimitReached)
            {
                return unkept;
            }
            _log.FloorNotKept(token.Issuer.Id, tenant);
        }
        var receipt = act.Effect == EventEffect.EndUser
            ? await fabric.OffboardUserAsync(tenant, user, new EndNode(reason), cancellation)
            : await fabric.RevokeAsync(
                new RevokeRequest(new NodeDto("user", tenant, user), Mode: "generation", Reason: reason, IdempotencyKey: KeyOf(token, act.Type, user)), cancellation);
        if (receipt.IsOk)
        {
            // What is denied and not durable yet is not done: the transmitter is not told that it need not come again.
            return receipt.Value.Durable ? null : new Rejection(Codes.StorageUnavailable, "user", "it is denied, and not durable yet: send the event again");
        }

        // What has ended has nothing more to end.
        return receipt.Rejection.Code is Codes.UserRevoked or Codes.NodeRevoked or Codes.TenantRevoked ? null : receipt.Rejection;
    }

    private bool SpeaksFor(string tenant, TrustedIssuer transmitter, string issuer) =>
        issuer == transmitter.Issuer
        || (engine.IssuersOf(tenant) is { IsOk: true } trusted && trusted.Value.Any(
            each => each.Kind is IssuerKind.Users or IssuerKind.Login && each.SubjectClaim == "sub" && each.Issuer == issuer));

    // Of each user: two that one event is about are two ends.
    private static string KeyOf(EventToken token, string type, string user) =>
        "set-" + Names.FormatId(UseNames.Of("signals.act", $"{token.Issuer.Issuer}\n{type}\n{user}", token.Jti));
}
