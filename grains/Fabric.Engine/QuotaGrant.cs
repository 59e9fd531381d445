namespace Fabric.Engine;

/// <summary>
/// A slice of a quota, deducted durably before it was handed out. <paramref name="Units"/> 0: none left. <paramref name="ValidForMs"/>: for a rate,
/// how long after the request was SENT the units may be used (the rest of the window); 0: no end. <paramref name="Window"/> names the window for a return.
/// </summary>
public readonly record struct QuotaGrant(long Units, long ValidForMs, long Window);
