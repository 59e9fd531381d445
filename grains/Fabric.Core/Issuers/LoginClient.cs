using System.Buffers;
using Fabric.Core.Common;
using Fabric.Core.Journal;

namespace Fabric.Core.Issuers;

/// <summary>
/// The fabric as a client of an issuer at which a tenant's users sign in (OpenID Connect Core section 3.1). <paramref name="SealedSecret"/>: the client's secret under the master key; of a
/// public client, which has none, a mark (or, as it was written before, nothing). Both are other bytes at each setting. <paramref name="Scopes"/>: what it asks for; `openid` is one of them.
/// </summary>
public sealed record LoginClient(string ClientId, ReadOnlyMemory<byte> SealedSecret, IReadOnlyList<string> Scopes)
{
    /// <summary>The most characters of a client's id or secret (B1).</summary>
    public const int TextLengthMax = 512;

    /// <summary>Bytes of the mark of a public client: random, made at each setting, and shorter than anything that is sealed.</summary>
    public const int MarkBytes = 16;

    /// <summary>The most scopes (B1).</summary>
    public const int ScopesMax = 16;

    private const int ScopeLengthMax = 128;
    private const int SealedBytesMax = 1_024;

    /// <summary>Without it a server answers by OAuth alone, and says nothing of who signed in.</summary>
    private const string OpenId = "openid";

    // RFC 6749 section 3.3: printable ASCII without space, quote and backslash.
    private static readonly SearchValues<char> ScopeCharacters =
        SearchValues.Create("!#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[]^_`abcdefghijklmnopqrstuvwxyz{|}~");

    /// <summary>Whether the client has a secret.</summary>
    public bool HasSecret => SealedSecret.Length > MarkBytes;

    /// <summary>Whether a text may be a client's id or secret (RFC 6749 appendix A: printable ASCII).</summary>
    public static bool IsText(string? text) => text is { Length: >= 1 and <= TextLengthMax } && !text.AsSpan().ContainsAnyExceptInRange('!', '~');

    /// <summary>Null when it is one; `request.invalid_field` else.</summary>
    public Rejection? Check() =>
        !IsText(ClientId) || SealedSecret.Length > SealedBytesMax
            ? new Rejection(Codes.InvalidField, "clientId", $"a client's id and secret have 1 to {TextLengthMax} printable characters without spaces")
        : Scopes.Count is 0 or > ScopesMax || !Scopes.Contains(OpenId, StringComparer.Ordinal)
            || Scopes.Any(scope => scope is not { Length: >= 1 and <= ScopeLengthMax } || scope.AsSpan().ContainsAnyExcept(ScopeCharacters))
            ? new Rejection(Codes.InvalidField, "scopes", $"at most {ScopesMax} scopes, one of them `{OpenId}`")
        : null;

    internal void Write(RecordWriter writer)
    {
        writer.Text(ClientId);
        writer.Bytes(SealedSecret.Span);
        writer.Number((ulong)Scopes.Count);
        foreach (var scope in Scopes)
        {
            writer.Text(scope);
        }
    }

    internal static LoginClient Read(ref RecordReader reader)
    {
        var (id, secret) = (reader.Text(), reader.Bytes().ToArray());
        var scopes = new string[Math.Min(reader.Count(), ScopesMax)];
        for (var i = 0; i < scopes.Length; i++)
        {
            scopes[i] = reader.Text();
        }

        return new LoginClient(id, secret, scopes);
    }
}
