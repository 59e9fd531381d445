namespace Fabric.Embedded.Engine;

/// <summary>
/// What a command did: the journal's sequence, the feed's head after it, and whether it became durable (false: storage did not take it; it
/// stays in force and is tried again, but it is not acknowledged).
/// </summary>
internal readonly record struct Committed(ulong Sequence, ulong Revision, Task<bool> Durable);
