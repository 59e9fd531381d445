using Fabric.Core.Common;

namespace Fabric.Grains.Storage;

/// <summary>Keeps audit records that belong to no command of the log.</summary>
internal interface IAuditStore
{
    /// <summary>Keeps some, all or none. <paramref name="report"/>: the name of a report that is taken once; taken before, nothing is added. Throws when they are not taken.</summary>
    Task WriteAsync(IReadOnlyList<AuditLine> lines, byte[]? report, Instant now);
}
