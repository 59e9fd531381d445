namespace Fabric.Grains.Wire;

/// <summary>
/// One command's events on their way into the log: all or nothing. <paramref name="Id"/> names it, so that one that is sent again (<paramref name="Resend"/>) is not
/// logged again. <paramref name="Owner"/> and <paramref name="Version"/>: the entity that decided and how many events it had then; another
/// activation that has gone on in the meantime is told `conflict`. <paramref name="Session"/>: the session as it stands after the events, to be stored.
/// <paramref name="Hold"/>: whose room in the revocation index it takes.
/// </summary>
[GenerateSerializer, Immutable, Alias("fabric.log-entry")]
public sealed record LogEntry(
    [property: Id(0)] UInt128 Id, [property: Id(1)] long AtMs, [property: Id(2)] string By, [property: Id(3)] byte[] Events,
    [property: Id(4)] string? Owner = null, [property: Id(5)] long Version = 0, [property: Id(6)] LogSubject? Subject = null,
    [property: Id(7)] byte[]? Session = null, [property: Id(8)] int SessionVersion = 0, [property: Id(9)] bool Resend = false,
    [property: Id(10)] IndexHold Hold = IndexHold.None);
