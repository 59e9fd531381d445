namespace Fabric.Embedded.Storage;

/// <summary>Takes one stored entity; the bytes are valid during the call only.</summary>
public delegate void StateVisitor(byte kind, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value);
