namespace Fabric.Silo.Signals.Push;

/// <summary>Why an event was not taken: what the receiver said (RFC 8935 section 2.4), or what came in place of an answer.</summary>
internal sealed record PushFailure(DateTimeOffset At, string Jti, string Err, string? Description);
