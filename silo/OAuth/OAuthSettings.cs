namespace Fabric.Silo.OAuth;

/// <summary>The authorization server's settings.</summary>
public sealed class OAuthSettings
{
    /// <summary>Whether authorization requests are taken by reference alone (RFC 9126 section 5), so that no parameter of one passes through a browser.</summary>
    public bool RequirePushedRequests { get; set; }

    /// <summary>
    /// Hosts, separated by commas, whose documents may be clients (draft-ietf-oauth-client-id-metadata-document), e.g. `app.example`; each has to be registered as an agent by its tenant too. Left out: none.
    /// </summary>
    public string? ClientDocumentHosts { get; set; }

    internal IReadOnlyList<string> DocumentHosts => (ClientDocumentHosts ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    internal void Check(Action<bool, string, string> need) => need(
        DocumentHosts.All(host => Uri.CheckHostName(host) != UriHostNameType.Unknown && !host.AsSpan().ContainsAnyInRange('A', 'Z')), nameof(ClientDocumentHosts), "hosts such as `app.example`, in lower case, separated by commas");
}
