namespace Fabric.Silo.OAuth.Backchannel;

/// <summary>
/// A session that waits for a user, and the client that asks for it by poll (OpenID CIBA core). What the session is and whether it was approved says the session itself.
/// </summary>
internal sealed record BackchannelRequest(
    string Client, string User, string Session, string? Audience, string? BindingMessage, long LifetimeSeconds, long AskedAtMs, long ExpiresAtMs, int IntervalSeconds, long AskedAgainAtMs = 0,
    bool IsDone = false)
{
    /// <summary>The most that are looked at for one user.</summary>
    public const int ListedMax = 400;

    /// <summary>Whether the user may still answer.</summary>
    public bool IsOpenAt(DateTimeOffset now) => !IsDone && now.ToUnixTimeMilliseconds() < ExpiresAtMs;
}
