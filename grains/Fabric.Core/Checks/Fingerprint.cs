namespace Fabric.Core.Checks;

/// <summary>256 secret-keyed bits and a length that stand for a token: see <see cref="Fingerprinter"/>.</summary>
internal readonly record struct Fingerprint(ulong A, ulong B, ulong C, ulong D, int Length);
