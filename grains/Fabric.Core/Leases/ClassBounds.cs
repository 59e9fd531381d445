using Fabric.Core.Common;
using Fabric.Core.Scopes;

namespace Fabric.Core.Leases;

/// <summary>
/// How old an edge's lease may be to allow a call, by class. Destructive calls have no bound: the fabric is asked. An edge may tighten
/// the defaults; only the read bound may be longer, by best effort.
/// </summary>
public readonly record struct ClassBounds(TimeSpan Read, TimeSpan Write)
{
    /// <summary>The longest read bound of a strict edge, and the default.</summary>
    public static readonly TimeSpan ReadMax = TimeSpan.FromSeconds(5);

    /// <summary>The longest write bound, and the default.</summary>
    public static readonly TimeSpan WriteMax = TimeSpan.FromSeconds(1);

    /// <summary>The longest read bound of a best-effort edge.</summary>
    public static readonly TimeSpan BestEffortReadMax = TimeSpan.FromHours(1);

    /// <summary>Read 5 s, write 1 s.</summary>
    public static readonly ClassBounds Default = new(ReadMax, WriteMax);

    /// <summary>The bound of a class; zero for <see cref="ActionClass.Destructive"/> and for anything unknown.</summary>
    public TimeSpan Of(ActionClass actionClass) => actionClass switch
    {
        ActionClass.Read => Read,
        ActionClass.Write => Write,
        _ => TimeSpan.Zero,
    };

    /// <summary>The longer bound of each class.</summary>
    public static ClassBounds Longest(ClassBounds a, ClassBounds b) =>
        new(a.Read >= b.Read ? a.Read : b.Read, a.Write >= b.Write ? a.Write : b.Write);

    /// <summary>Null when the bounds are positive and within their limits, else what is wrong with them.</summary>
    public Rejection? Refusal(bool bestEffort)
    {
        var readMax = bestEffort ? BestEffortReadMax : ReadMax;
        if (Read <= TimeSpan.Zero || Read > readMax)
        {
            return new Rejection(Codes.InvalidField, "read_bound", $"the read bound is above 0 and at most {readMax.TotalSeconds} s");
        }

        return Write <= TimeSpan.Zero || Write > WriteMax
            ? new Rejection(Codes.InvalidField, "write_bound", $"the write bound is above 0 and at most {WriteMax.TotalSeconds} s")
            : null;
    }
}
