namespace Fabric.Client.Edges;

/// <summary>
/// Units of a quota. <paramref name="ValidForMs"/>: for a rate, how long after the request was sent they may be used; 0: no end. <paramref name="Window"/>
/// names a rate's window. <paramref name="SentMs"/>: <see cref="EdgeClock.SentMs"/> before the request was sent.
/// </summary>
public readonly record struct QuotaUnits(long Units, long ValidForMs, long Window, long SentMs);
