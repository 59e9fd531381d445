namespace Fabric.Embedded.Storage;

/// <summary>One entity to store under kind and key, or to forget (<see cref="Gone"/>).</summary>
public readonly record struct StateRow(byte Kind, ReadOnlyMemory<byte> Key, ReadOnlyMemory<byte> Value, bool IsGone = false)
{
    /// <summary>The entity is not there any more.</summary>
    public static StateRow Gone(byte kind, ReadOnlyMemory<byte> key) => new(kind, key, default, IsGone: true);
}
