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
