namespace Fabric.Core.Issuers;

/// <summary>The names of kinds on the wire.</summary>
public static class IssuerKinds
{
    /// <summary>A kind's name.</summary>
    public static string NameOf(IssuerKind kind) => kind switch
    {
        IssuerKind.Users => "users",
        IssuerKind.Workload => "workload",
        IssuerKind.Spiffe => "spiffe",
        IssuerKind.Signals => "signals",
        IssuerKind.Login => "login",
        _ => "none",
    };

    /// <summary>The kind of a name; <see cref="IssuerKind.None"/> when there is none.</summary>
    public static IssuerKind KindOf(string? name) => name switch
    {
        "users" => IssuerKind.Users,
        "workload" => IssuerKind.Workload,
        "spiffe" => IssuerKind.Spiffe,
        "signals" => IssuerKind.Signals,
        "login" => IssuerKind.Login,
        _ => IssuerKind.None,
    };
}
