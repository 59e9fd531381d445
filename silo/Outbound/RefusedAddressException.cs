namespace Fabric.Silo.Outbound;

/// <summary>A name stands for no address that may be connected to.</summary>
internal sealed class RefusedAddressException() : IOException("the address may not be connected to");
