namespace Fabric.Silo.OAuth.Interaction;

/// <summary>
/// A login: who, under which generations of tenant and user, and what it was proven by.
/// </summary>
internal sealed record LoginSession(string User, string Generations, string Method, string? Stamp, long SignedInAtMs)
{
    /// <summary>What the user has proven itself by.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public LoginProof Proof => new(Method, Stamp ?? "");
}

/// <summary>How often someone has tried to sign in as a user, since the first time.</summary>
internal sealed record SignInAttempts(int Count);
