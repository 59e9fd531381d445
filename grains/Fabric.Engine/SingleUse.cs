using Fabric.Core.Common;

namespace Fabric.Engine;

/// <summary>
/// Something that may be used once: <paramref name="Name"/> (a hash; never the thing itself) of <paramref name="Owner"/>, which an authenticated `TENANT/CLIENT` has made
/// at <paramref name="MadeAt"/> and which is good until <paramref name="Until"/>.
/// </summary>
public readonly record struct SingleUse(string Owner, UInt128 Name, Instant MadeAt, Instant Until);
