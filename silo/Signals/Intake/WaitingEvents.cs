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
/// Events whose issuer's keys cannot be had now: kept as they came, durably and bounded (B1), until they can be judged. Nobody has been told apart yet from somebody who makes such tokens up, so
/// one issuer's fill up one issuer's room; past it the transmitter is told to keep them.
/// </summary>
internal sealed class WaitingEvents(IFabricEngine engine, TimeProvider time, ILoggerFactory logs)
{
    /// <summary>How long one waits before it is given up, with an alarm.</summary>
    public static readonly TimeSpan KeptFor = TimeSpan.FromDays(7);

    /// <summary>The most that wait for one issuer.</summary>
    public const int OfIssuerMax = 500;

    private const string Kind = "signals.waiting";

    // What is swept has been given up before, and said so.
    private static readonly TimeSpan NotSweptFor = KeptFor + TimeSpan.FromDays(1);

    private static readonly TimeSpan TellEvery = TimeSpan.FromSeconds(10);
    private static readonly NoteLimits Limits = new(OfIssuerMax, 10_000);

    private readonly ConcurrentDictionary<string, bool> _tenants = new(StringComparer.Ordinal);
    private readonly ILogger _log = logs.CreateLogger("Fabric.Silo.Signals");
    private long _toldAt;

    /// <summary>The tenants of which this host knows that events may wait.</summary>
    public ICollection<string> Tenants => _tenants.Keys;

    /// <summary>An event that waits.</summary>
    internal sealed record Waiting(Note Note, string Token)
    {
        /// <summary>When it came.</summary>
        public Instant Since => Note.Until - NotSweptFor;
    }

    /// <summary>Null: it waits. Refusals: `limit.reached`, `storage.unavailable`: send it again; `signals.unknown_issuer`.</summary>
    public async ValueTask<Rejection?> AddAsync(string tenant, string text, CancellationToken cancellation)
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
        var note = new Note(tenant, Kind, UseNames.Of(Kind, tenant, text), owner, owner, Instant.From(time.GetUtcNow() + NotSweptFor), Encoding.ASCII.GetBytes(text));
        var added = await engine.Notes.AddAsync(note, Limits, cancellation);
        if (added is not null && added.Code != Codes.AlreadyExists)
        {
            if (MayTell())
            {
                _log.EventNotKept(owner, tenant, added.Code);
            }
            return added;
        }
        if (MayTell())
        {
            _log.EventWaits(owner, tenant);
        }
        Know(tenant);
        return null;
    }

    // Anybody may send anything here while keys cannot be had: the log says that it is so, and not each.
    private bool MayTell()
    {
        var (now, before) = (time.GetTimestamp(), Interlocked.Read(ref _toldAt));
        return (before == 0 || time.GetElapsedTime(before, now) >= TellEvery) && Interlocked.CompareExchange(ref _toldAt, now, before) == before;
    }

    /// <summary>Remembers that a tenant may have events that wait.</summary>
    public void Know(string tenant) => _tenants[tenant] = true;

    /// <summary>Forgets that it may: none does.</summary>
    public void Forget(string tenant) => _tenants.TryRemove(tenant, out _);

    /// <summary>Events of an issuer that wait, the oldest first, at most so many.</summary>
    public async ValueTask<Outcome<IReadOnlyList<Waiting>>> ListAsync(string tenant, string issuer, int most, CancellationToken cancellation)
    {
        var notes = await engine.Notes.ListAsync(tenant, Kind, issuer, most, cancellation);
        return notes.IsOk
            ? Outcome<IReadOnlyList<Waiting>>.Of([.. notes.Value.Select(note => new Waiting(note, Encoding.ASCII.GetString(note.Body.Span)))])
            : notes.Rejection;
    }

    /// <summary>Forgets one that is done with.</summary>
    public async ValueTask RemoveAsync(Waiting done, CancellationToken cancellation) => await engine.Notes.RemoveAsync(done.Note.Tenant, Kind, done.Note.Name, cancellation);
}
