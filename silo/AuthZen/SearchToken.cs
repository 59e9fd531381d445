using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Fabric.Contracts;
using Fabric.Contracts.AuthZen;
using Fabric.Core.Common;

namespace Fabric.Silo.AuthZen;

/// <summary>
/// Where a search goes on (AuthZEN 1.0 section 8.2): the place, the limit, and a digest of the request that it belongs to, so that another request with it is refused.
/// Not a secret: it opens nothing that its request would not.
/// </summary>
internal sealed record SearchToken(int Limit, string? Place)
{
    private const int LimitDefault = 100;
    private const int LimitMax = 1_000;
    private const int CharsMax = 1_024;
    private const int DigestBytes = 16;
    private const int HeadBytes = DigestBytes + sizeof(int);

    /// <summary>Where a request's page begins; refused when its token is of another request, or of none.</summary>
    public static Outcome<SearchToken> Of(string kind, AccessSearch search)
    {
        if (search.Page is { Limit: < 0 or > LimitMax })
        {
            return new Rejection(Codes.InvalidField, "page.limit", $"0 to {LimitMax}");
        }
        if (search.Page?.Token is not { Length: > 0 } text)
        {
            return new SearchToken(search.Page?.Limit ?? LimitDefault, null);
        }
        var bytes = text.Length <= CharsMax && Base64Url.IsValid(text) ? Base64Url.DecodeFromChars(text) : [];
        if (bytes.Length < HeadBytes || !bytes.AsSpan(0, DigestBytes).SequenceEqual(Digest(kind, search)))
        {
            return new Rejection(Codes.InvalidField, "page.token", "the token is not one of this request's: nothing but the token may change from page to page");
        }
        var limit = BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(DigestBytes));
        return limit is < 0 or > LimitMax || (search.Page.Limit is { } stated && stated != limit)
            ? new Rejection(Codes.InvalidField, "page.limit", "the limit is not that of the page before")
            : new SearchToken(limit, bytes.Length == HeadBytes ? null : Encoding.UTF8.GetString(bytes.AsSpan(HeadBytes)));
    }

    /// <summary>The token of the page that begins at a place.</summary>
    public string Next(string kind, AccessSearch search, string place)
    {
        var bytes = new byte[HeadBytes + Encoding.UTF8.GetByteCount(place)];
        Digest(kind, search).CopyTo(bytes);
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(DigestBytes), Limit);
        Encoding.UTF8.GetBytes(place, bytes.AsSpan(HeadBytes));
        return Base64Url.EncodeToString(bytes);
    }

    private static ReadOnlySpan<byte> Digest(string kind, AccessSearch search)
    {
        var request = JsonSerializer.SerializeToUtf8Bytes(search with { Page = search.Page?.Properties is null ? null : new AccessSearchPage(null, null, search.Page.Properties) }, FabricJson.Default.AccessSearch);
        return SHA256.HashData([.. Encoding.ASCII.GetBytes(kind), 0, .. request]).AsSpan(0, DigestBytes);
    }
}
