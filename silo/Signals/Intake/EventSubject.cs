namespace Fabric.Silo.Signals.Intake;

/// <summary>Whom an event is about, as far as its issuer says. <paramref name="IsAddress"/>: a mail address or an account's name, which is the same in whatever case of its letters.</summary>
internal readonly record struct EventSubject(string User, bool IsAddress);
