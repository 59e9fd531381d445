namespace Fabric.Core.Scopes;

/// <summary>How much harm a call can do; decides how fresh the enforcement point's view must be. Numbers are on the wire.</summary>
public enum ActionClass : byte
{
    /// <summary>Changes nothing. Bound 5 s by default.</summary>
    Read = 1,
    /// <summary>Changes something that can be changed back. Bound 1 s by default.</summary>
    Write = 2,
    /// <summary>Cannot be undone. Bound 0: the fabric is asked. Also what an unstated class counts as.</summary>
    Destructive = 3,
}
