namespace Fabric.Silo.OAuth;

/// <summary>The authorization server's settings.</summary>
public sealed class OAuthSettings
{
    /// <summary>Whether authorization requests are taken by reference alone (RFC 9126 section 5), so that no parameter of one passes through a browser.</summary>
    public bool RequirePushedRequests { get; set; }
}
