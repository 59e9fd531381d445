using System.Collections.Concurrent;
using System.Text;
using Fabric.Core.Common;
using Fabric.Core.Issuers;
using Fabric.Core.Tokens;
using Fabric.Engine;
using Fabric.Engine.Notes;
using Fabric.Silo.OAuth;

namespace Fabric.Silo.Signals.Intake;

/// <summary>
/// Events that cannot be judged for want of keys: kept as they came, durably and bounded (B1), until they can. Nobody has been told apart yet from somebody who makes such tokens up, so one issuer's
/// fill up one issuer's room; past it the transmitter is told to keep them. None that waits gives way to another.
/// </summary>
internal sealed class WaitingEvents(IFabricEngine engine, TimeProvider time, ILoggerFactory logs)
{
    /// <summary>How long one waits for keys that cannot be had before it is given up, with an alarm.</summary>
    public static readonly TimeSpan KeptFor = TimeSpan.FromDays(7);

    /// <summary>
    /// How long one waits for its own key while its issuer answers and does not publish it: longer than caches in front of key sets keep them, and not so long that made-up ones fill the room for days.
    /// </summary>
    public static readonly TimeSpan KeyKeptFor = TimeSpan.FromHours(1);

    /// <summary>The most that wait for one issuer, for the same.</summary>
    public const int OfIssuerMax = 500;

    /// <summary>What is swept has been given up before, and said so.</summary>
    public static readonly TimeSpan NotSweptFor = KeptFor + TimeSpan.FromDays(1);

    private static readonly TimeSpan TellEvery = TimeSpan.FromSeconds(10);

    // By what they wait for.
    private static readonly Room[] Rooms =
    [
        new("signals.waiting", new NoteLimits(OfIssuerMax, 10_000)), new("signals.pushed_key", new NoteLimits(200, 20_000)), new("signals.polled_key", new NoteLimits(OfIssuerMax, 10_000)),
    ];

    private readonly ConcurrentDictionary<string, bool> _tenants = new(StringComparer.Ordinal);
    private readonly long[] _kept = new long[Rooms.Length];
    private readonly long[] _givenUp = new long[Rooms.Length];
    private readonly long[] _toldAt = new long[Rooms.Length];
    private readonly ILogger _log = logs.CreateLogger("Fabric.Silo.Signals");

    private sealed record Room(string Kind, NoteLimits Limits);

    /// <summary>The tenants of which this host knows that events may wait.</summary>
    public ICollection<string> Tenants => _tenants.Keys;

    /// <summary>How many this host has kept so far.</summary>
    public long Kept(WaitsFor what) => Interlocked.Read(ref _kept[(int)what]);

    /// <summary>How many this host has given up so far.</summary>
    public long GivenUp(WaitsFor what) => Interlocked.Read(ref _givenUp[(int)what]);

    /// <summary>Null: it waits. Refusals: `limit.reached`, `storage.unavailable`: send it again; `invalid_issuer`.</summary>
    public async ValueTask<Rejection?> AddAsync(string tenant, string text, WaitsFor what, CancellationToken cancellation)
    {
        // Parsed before, by who sends it here; its issuer is one of the tenant's.
        var issuer = ForeignJwt.TryParseIssued(text)?.Text("iss") ?? "";
        var trusted = engine.IssuersOf(tenant);
        if (!trusted.IsOk)
        {
            return trusted.Rejection;
        }

        // The same provider may be trusted for its users' tokens as well: events wait with the transmitter.
        if (trusted.Value.FirstOrDefault(each => each.Kind == IssuerKind.Signals && each.Issuer == issuer)?.Id is not { } owner)
        {
            return EventRefusals.UnknownIssuer;
        }
        var room = Rooms[(int)what];
        var note = new Note(tenant, room.Kind, UseNames.Of(room.Kind, tenant, text), owner, owner, Instant.From(time.GetUtcNow() + NotSweptFor), Encoding.ASCII.GetBytes(text));
        var added = await engine.Notes.AddAsync(note, room.Limits, cancellation);
        if (added is not null && added.Code != Codes.AlreadyExists)
        {
            if (MayTell(what))
            {
                _log.EventNotKept(owner, tenant, what, added.Code);
            }
            return added;
        }

        // INVARIANT D1: counted once it is durable.
        if (added is null)
        {
            Interlocked.Increment(ref _kept[(int)what]);
        }
        if (MayTell(what))
        {
            _log.EventWaits(owner, tenant, what);
        }
        Know(tenant);
        return null;
    }

    // Anybody may send anything here: the log says that it is so, and not each.
    private bool MayTell(WaitsFor what)
    {
        ref var toldAt = ref _toldAt[(int)what];
        var (now, before) = (time.GetTimestamp(), Interlocked.Read(ref toldAt));
        return (before == 0 || time.GetElapsedTime(before, now) >= TellEvery) && Interlocked.CompareExchange(ref toldAt, now, before) == before;
    }

    /// <summary>Remembers that a tenant may have events that wait.</summary>
    public void Know(string tenant) => _tenants[tenant] = true;

    /// <summary>Forgets that it may: none does.</summary>
    public void Forget(string tenant) => _tenants.TryRemove(tenant, out _);

    /// <summary>All events of an issuer that wait for something, the oldest first.</summary>
    public async ValueTask<Outcome<IReadOnlyList<WaitingEvent>>> ListAsync(string tenant, string issuer, WaitsFor what, CancellationToken cancellation)
    {
        var notes = await engine.Notes.ListAsync(tenant, Rooms[(int)what].Kind, issuer, OfIssuerMax, cancellation);
        return notes.IsOk
            ? Outcome<IReadOnlyList<WaitingEvent>>.Of([.. notes.Value.Select(note => new WaitingEvent(note, Encoding.ASCII.GetString(note.Body.Span), what))])
            : notes.Rejection;
    }

    /// <summary>Forgets one that is done with; false: another host has.</summary>
    public async ValueTask<bool> RemoveAsync(WaitingEvent done, CancellationToken cancellation) =>
        await engine.Notes.RemoveAsync(done.Note.Tenant, done.Note.Kind, done.Note.Name, cancellation) is { IsOk: true, Value: true };

    /// <summary>Forgets one that nothing has come of; false: another host has, or it could not be.</summary>
    public async ValueTask<bool> GiveUpAsync(WaitingEvent lost, CancellationToken cancellation)
    {
        var isMine = await RemoveAsync(lost, cancellation);
        if (isMine)
        {
            Interlocked.Increment(ref _givenUp[(int)lost.For]);
        }
        return isMine;
    }
}
