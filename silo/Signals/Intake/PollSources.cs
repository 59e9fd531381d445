using System.Net;
using Fabric.Contracts.Issuers;
using Fabric.Core.Common;
using Fabric.Core.Issuers;
using Fabric.Engine;
using Fabric.Engine.Notes;
using Fabric.Silo.Hosting;
using Fabric.Silo.OAuth;
using Fabric.Silo.Outbound;

namespace Fabric.Silo.Signals.Intake;

/// <summary>Where the transmitters that tenants trust are polled: at most one place an issuer, durable and the same at every silo.</summary>
internal sealed class PollSources(IFabricEngine engine, SiloOptions options)
{
    private const string Kind = "signals.poll";
    private const string Purpose = "ssf-poll";
    private const int HeaderCharsMax = 2_048;

    private static readonly NoteLimits Limits = new(1, 100_000);
    private static readonly Instant Forever = Instant.From(new DateTimeOffset(9999, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private static readonly Rejection Missing = new(Codes.NotFound, "id", "the node does not exist");

    private readonly NoteShelf<PollSource> _shelf = new(engine.Notes, Kind, Limits, PollSourceJson.Default.PollSource);
    private readonly AddressRules _rules = new(options.Outbound.AllowedList, options.Outbound.PlainHttpList);

    /// <summary>Polls an issuer's events at a place, in place of the one before. A secret goes with its place: another one does not get it.</summary>
    public async ValueTask<Outcome<SignalPollInfo>> PutAsync(string tenant, string issuer, PutSignalPoll command, CancellationToken cancellation)
    {
        if ((RefuseIssuer(tenant, issuer) ?? Check(command)) is { } refused)
        {
            return refused;
        }
        var found = await FindAsync(tenant, issuer, cancellation);
        if (!found.IsOk)
        {
            return found.Rejection;
        }
        var known = found.Value?.Value is { } before && before.EndpointUrl == command.EndpointUrl ? before.SealedAuthorization : null;
        var made = new PollSource(command.EndpointUrl, command.Authorization is { } header ? engine.HostSecrets.Seal(header, Purpose, tenant, issuer) : known);
        if (found.Value is null)
        {
            return await _shelf.AddAsync(tenant, _shelf.NameOf(tenant, issuer), issuer, null, Forever, made, cancellation) is { } bad ? bad : InfoOf(made);
        }
        var replaced = await _shelf.ReplaceAsync(found.Value, made, cancellation);
        return !replaced.IsOk ? replaced.Rejection
            : replaced.Value is null ? new Rejection(Codes.StorageUnavailable, "id", "it was changed meanwhile: send it again")
            : InfoOf(made);
    }

    /// <summary>How an issuer is polled. Refusal: `node.not_found`.</summary>
    public async ValueTask<Outcome<SignalPollInfo>> GetAsync(string tenant, string issuer, CancellationToken cancellation)
    {
        var found = await FindAsync(tenant, issuer, cancellation);
        return !found.IsOk ? found.Rejection : found.Value is { } held ? InfoOf(held.Value) : Missing;
    }

    /// <summary>Polls an issuer no more.</summary>
    public async ValueTask<Outcome<SignalPollInfo>> RemoveAsync(string tenant, string issuer, CancellationToken cancellation)
    {
        var found = await FindAsync(tenant, issuer, cancellation);
        if (!found.IsOk || found.Value is null)
        {
            return found.Rejection ?? Missing;
        }
        var removed = await _shelf.RemoveAsync(found.Value, cancellation);
        return removed.IsOk ? InfoOf(found.Value.Value) : removed.Rejection;
    }

    /// <summary>The place; null: it is not polled.</summary>
    public ValueTask<Outcome<Held<PollSource>?>> FindAsync(string tenant, string issuer, CancellationToken cancellation) => _shelf.FindAsync(tenant, issuer, cancellation);

    /// <summary>Changes a place; null in place of it: somebody else has changed it meanwhile.</summary>
    public ValueTask<Outcome<Held<PollSource>?>> ReplaceAsync(Held<PollSource> held, PollSource source, CancellationToken cancellation) => _shelf.ReplaceAsync(held, source, cancellation);

    /// <summary>The secret of a place. False: it has one that does not open, and nothing is asked without it.</summary>
    public bool TryOpen(string tenant, string issuer, PollSource source, out string? authorization)
    {
        authorization = source.SealedAuthorization is { } @sealed ? engine.HostSecrets.Open(@sealed, Purpose, tenant, issuer) : null;
        return authorization is not null || source.SealedAuthorization is null;
    }

    private Rejection? RefuseIssuer(string tenant, string id)
    {
        var trusted = engine.IssuersOf(tenant);
        return !trusted.IsOk ? trusted.Rejection : trusted.Value.Any(issuer => issuer.Id == id && issuer.Kind == IssuerKind.Signals) ? null : Missing;
    }

    private Rejection? Check(PutSignalPoll command)
    {
        if (OutboundUrl.Parse(command.EndpointUrl) is not { } url || (url.Scheme != Uri.UriSchemeHttps && options.Outbound.PlainHttpList.Count == 0)
            || (IPAddress.TryParse(url.DnsSafeHost, out var address) && !_rules.Allows(address, url.Scheme == Uri.UriSchemeHttps)))
        {
            return new Rejection(Codes.InvalidField, "endpointUrl", $"an https URL of at most {OutboundUrl.LengthMax} characters, without user and fragment, that this host connects to");
        }
        return command.Authorization is { } header && (header.Length is 0 or > HeaderCharsMax || header.AsSpan().ContainsAnyExceptInRange(' ', '~') || header.Trim() != header)
            ? new Rejection(Codes.InvalidField, "authorization", $"1 to {HeaderCharsMax} printable ASCII characters")
            : null;
    }

    private static SignalPollInfo InfoOf(PollSource source) => new(
        source.EndpointUrl, source.SealedAuthorization is not null, source.Failures, source.LastError, source.LastErrorAtMs is { } at ? DateTimeOffset.FromUnixTimeMilliseconds(at) : null,
        source.PolledAtMs is { } polled ? DateTimeOffset.FromUnixTimeMilliseconds(polled) : null);
}
