using System.Buffers;

namespace Fabric.Silo.Federation;

/// <summary>SPIFFE IDs (SPIFFE-ID section 2): a trust domain and a path that can be written in one way alone.</summary>
internal static class SpiffeIds
{
    private const string Scheme = "spiffe://";
    private const int LengthMax = 512;

    private static readonly SearchValues<char> Domain = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789._-");
    private static readonly SearchValues<char> Segment = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");

    /// <summary>The trust domain, `spiffe://DOMAIN`, of a workload's id; null when it is no id, or is a trust domain's own.</summary>
    public static string? TrustDomainOf(string id)
    {
        if (id.Length > LengthMax || !id.StartsWith(Scheme, StringComparison.Ordinal) || id.IndexOf('/', Scheme.Length) is not (> 0 and var slash) || slash == Scheme.Length
            || id.AsSpan(Scheme.Length, slash - Scheme.Length).ContainsAnyExcept(Domain))
        {
            return null;
        }
        foreach (var range in id.AsSpan(slash + 1).Split('/'))
        {
            var segment = id.AsSpan(slash + 1)[range];
            if (segment.IsEmpty || segment is "." or ".." || segment.ContainsAnyExcept(Segment))
            {
                return null;
            }
        }
        return id[..slash];
    }
}
