namespace Fabric.Embedded.Storage;

/// <summary>
/// One entity to store under kind and key; with a null value, to forget. The value is an array because null, turned into memory, would be an empty
/// value and not a missing one.
/// </summary>
public readonly record struct StateRow(byte Kind, ReadOnlyMemory<byte> Key, byte[]? Value);
