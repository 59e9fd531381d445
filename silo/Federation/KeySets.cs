using System.Runtime.CompilerServices;
using System.Text;
using Fabric.Core.Common;
using Fabric.Core.Issuers;
using Fabric.Core.Tokens;
using Fabric.Silo.Outbound;

namespace Fabric.Silo.Federation;

/// <summary>
/// The keys of the issuers that tenants trust: fetched once however many ask, kept for minutes, fetched anew for a key that is not known (rarely), and used for a while longer when the
/// issuer does not answer. Public data by address, so tenants share it.
/// </summary>
internal sealed class KeySets(OutboundHttp http, TimeProvider time, ILoggerFactory? logs = null)
{
    /// <summary>The most sets that are kept (B1); those that were not asked for the longest give way.</summary>
    public const int SetsMax = 1_024;

    private static readonly Rejection Unavailable = new(Codes.IssuerKeysUnavailable, "issuer", "the issuer's keys cannot be had now: ask again");

    private readonly Dictionary<string, KeySetEntry> _entries = new(StringComparer.Ordinal);
    private readonly ConditionalWeakTable<TrustedIssuer, ForeignKeySet> _inline = [];
    private readonly ILogger? _log = logs?.CreateLogger("Fabric.Silo.Federation");
    private long _turn;

    /// <summary>
    /// The keys of an issuer. <paramref name="kid"/>: the key that is looked for; when it is not among those that are known, they are fetched anew. `issuer.keys_unavailable`: whether the issuer
    /// has that key cannot be told now.
    /// </summary>
    public ValueTask<Outcome<ForeignKeySet>> OfAsync(TrustedIssuer issuer, string? kid, CancellationToken cancellation) => OfAsync(issuer, kid, KeySetEntry.StaleMax, cancellation);

    /// <summary>
    /// Whether a JWT is signed by a key of an issuer. One that names no key and is signed by none of those that are known is judged by the keys as they are now: after a change of keys the issuer's are
    /// others. `issuer.keys_unavailable`: it cannot be told now. <paramref name="staleMax"/>: how long keys count that cannot be fetched any more; null: <see cref="KeySetEntry.StaleMax"/>.
    /// </summary>
    public async ValueTask<Outcome<bool>> HasSignedAsync(TrustedIssuer issuer, ForeignJwt jwt, string? kid, string algorithm, CancellationToken cancellation, TimeSpan? staleMax = null)
    {
        var since = time.GetUtcNow();
        var set = await OfAsync(issuer, kid, staleMax ?? KeySetEntry.StaleMax, cancellation);
        if (!set.IsOk)
        {
            return set.Rejection;
        }
        if (set.Value.Verifies(kid, algorithm, jwt.SigningInput, jwt.Signature))
        {
            return true;
        }
        if (kid is not null || issuer.Jwks is not null)
        {
            return false;
        }
        return await EntryOf(issuer).GetAnewAsync(since, cancellation) is { } now ? now.Verifies(null, algorithm, jwt.SigningInput, jwt.Signature) : Unavailable;
    }

    /// <summary>
    /// What an issuer's keys say of a JWT that ends authority, where a no that is wrong loses a revocation: only keys that were fetched at <paramref name="since"/> or later say it, and one that is not
    /// among them yet may be in a moment. `issuer.keys_unavailable`: they cannot be had. Keys are asked for as rarely as for any name that is not known.
    /// </summary>
    public async ValueTask<Outcome<SignatureVerdict>> JudgeAsync(TrustedIssuer issuer, ForeignJwt jwt, string? kid, string algorithm, DateTimeOffset since, CancellationToken cancellation)
    {
        var known = await OfAsync(issuer, kid, KeySetEntry.StaleMax, cancellation);
        if (known.IsOk && known.Value.VerifiesByAny(kid, algorithm, jwt.SigningInput, jwt.Signature))
        {
            return SignatureVerdict.Signed;
        }
        if (issuer.Jwks is not null)
        {
            // The tenant may put the new ones in its list.
            return known.IsOk ? VerdictOf(known.Value, kid) : known.Rejection;
        }
        var entry = EntryOf(issuer);
        if (await entry.GetAnewAsync(since, cancellation) is not { } anew)
        {
            return entry.Told is not null ? SignatureVerdict.KeyUnknown : Unavailable;
        }
        var isSame = known.IsOk && ReferenceEquals(anew, known.Value);
        return !isSame && anew.VerifiesByAny(kid, algorithm, jwt.SigningInput, jwt.Signature) ? SignatureVerdict.Signed : VerdictOf(anew, kid);
    }

    /// <summary>An issuer's keys, as new as it may be asked for them now. `issuer.keys_unavailable`: it does not answer.</summary>
    public async ValueTask<Outcome<ForeignKeySet>> NewestAsync(TrustedIssuer issuer, CancellationToken cancellation)
    {
        if (issuer.Jwks is not null)
        {
            return await OfAsync(issuer, null, cancellation);
        }
        var entry = EntryOf(issuer);
        return (await entry.GetAnewAsync(time.GetUtcNow(), cancellation) ?? entry.Told) is { } keys ? keys : Unavailable;
    }

    private static SignatureVerdict VerdictOf(ForeignKeySet keys, string? kid) => kid is not null && keys.Has(kid) ? SignatureVerdict.NotSigned : SignatureVerdict.KeyUnknown;

    private async ValueTask<Outcome<ForeignKeySet>> OfAsync(TrustedIssuer issuer, string? kid, TimeSpan staleMax, CancellationToken cancellation)
    {
        if (issuer.Jwks is { } inline)
        {
            return _inline.TryGetValue(issuer, out var known) ? known
                : ForeignKeySet.Parse(Encoding.UTF8.GetBytes(inline)) is { } parsed ? _inline.GetValue(issuer, _ => parsed)
                : Unavailable;
        }
        return await EntryOf(issuer).GetAsync(kid, staleMax, cancellation) is { } keys ? keys : Unavailable;
    }

    private KeySetEntry EntryOf(TrustedIssuer issuer)
    {
        var name = issuer.JwksUri is { } url ? $"keys {url}" : $"issuer {issuer.Issuer}";
        lock (_entries)
        {
            if (!_entries.TryGetValue(name, out var entry))
            {
                if (_entries.Count >= SetsMax)
                {
                    _entries.Remove(_entries.MinBy(each => each.Value.Turn).Key);
                }
                _entries.Add(name, entry = new KeySetEntry(new KeySetSource(http, issuer.Issuer, issuer.JwksUri, _log), time));
            }
            entry.Turn = ++_turn;
            return entry;
        }
    }
}
