namespace Fabric.Silo.OAuth.Interaction;

/// <summary>
/// A login: who, under which generations of tenant and user, and by what; <paramref name="Stamp"/>: of the password that it was made with, so that another password ends it; null: it was made by
/// something else.
/// </summary>
internal sealed record LoginSession(string User, string Generations, string Method, string? Stamp, long SignedInAtMs);

/// <summary>How often someone has tried to sign in as a user, since the first time.</summary>
internal sealed record SignInAttempts(int Count);
