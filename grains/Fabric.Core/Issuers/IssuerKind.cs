namespace Fabric.Core.Issuers;

/// <summary>What a tenant trusts an issuer to say.</summary>
public enum IssuerKind
{
    /// <summary>Nothing.</summary>
    None = 0,
    /// <summary>Who its users are: its tokens' subjects are users of the tenant.</summary>
    Users = 1,
    /// <summary>Which workload is which agent, by OpenID Connect tokens.</summary>
    Workload = 2,
    /// <summary>The same by JWT-SVIDs: a SPIFFE trust domain.</summary>
    Spiffe = 3,
    /// <summary>What happened to its users: security event tokens (RFC 8417).</summary>
    Signals = 4,
    /// <summary>Who signs in on the fabric's pages: the fabric is a client of it (OpenID Connect Core), and its ID tokens name users of the tenant.</summary>
    Login = 5,
}
