namespace Fabric.Embedded.Engine;

/// <summary>What a row of the state store is. Rows are read back in this order; the numbers never change.</summary>
internal static class StateKind
{
    internal const byte Head = 0;
    internal const byte Directory = 1;
    internal const byte Revocation = 2;
    internal const byte Lock = 3;
    internal const byte Session = 4;
    internal const byte Quota = 5;
}
