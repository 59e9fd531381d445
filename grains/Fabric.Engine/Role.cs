namespace Fabric.Engine;

/// <summary>What a caller may do. A flag each, so that an endpoint can name several.</summary>
[Flags]
public enum Role
{
    /// <summary>Nobody.</summary>
    None = 0,
    /// <summary>Runs the fabric: everything, in every tenant.</summary>
    Operator = 1,
    /// <summary>Runs one tenant.</summary>
    TenantAdmin = 2,
    /// <summary>Approves and denies sessions of one tenant.</summary>
    Approver = 4,
    /// <summary>An enforcement point: feed, checks, usage, quota slices.</summary>
    EnforcementPoint = 8,
    /// <summary>Reads lists, changes and audit.</summary>
    Auditor = 16,
    /// <summary>An agent with its own secret: its own sessions only.</summary>
    Agent = 32,
    /// <summary>A user who has signed in: says yes or no to sessions that are for it. No key has this role.</summary>
    User = 64,
    /// <summary>An identity provider: registers one tenant's users, changes and ends them, and nothing else.</summary>
    Provisioner = 128,
    /// <summary>Who has an initial access token: registers clients of one tenant within what the token says, and nothing else.</summary>
    Registrar = 256,
}
