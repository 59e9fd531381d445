namespace Fabric.Silo.Outbound;

/// <summary>Which URLs the fabric asks by itself.</summary>
internal static class OutboundUrl
{
    /// <summary>The most characters (B1).</summary>
    public const int LengthMax = 2_048;

    /// <summary>An absolute http(s) URL in printable ASCII without user and fragment; null for any other text. Whether http is allowed, the address decides.</summary>
    public static Uri? Parse(string? text) =>
        text is { Length: >= 1 and <= LengthMax } && !text.AsSpan().ContainsAnyExceptInRange('!', '~') && Uri.TryCreate(text, UriKind.Absolute, out var url) && IsValid(url) ? url : null;

    /// <summary>Whether a URL is one of these.</summary>
    public static bool IsValid(Uri url) =>
        url is { IsAbsoluteUri: true, Scheme: "https" or "http", UserInfo.Length: 0, Fragment.Length: 0, Host.Length: > 0 and <= 255 } && url.OriginalString.Length <= LengthMax
        && !url.OriginalString.Contains('\\', StringComparison.Ordinal);
}
