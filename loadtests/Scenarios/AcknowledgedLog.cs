using System.Collections.Concurrent;
using Fabric.LoadTests.Processes;

namespace Fabric.LoadTests.Scenarios;

/// <summary>What a fabric has acknowledged to its callers, kept on their side: what must be there after a crash. Any thread.</summary>
internal sealed class AcknowledgedLog
{
    /// <summary>Sessions that were opened.</summary>
    public ConcurrentQueue<string> Opened { get; } = [];

    /// <summary>Credentials that were issued, by a call that they allow.</summary>
    public ConcurrentQueue<(string Session, EdgeCall Call)> Issued { get; } = [];

    /// <summary>Sessions whose revocation was asked for: from then on they may be dead, acknowledged or not.</summary>
    public ConcurrentDictionary<string, bool> RevocationAsked { get; } = new(StringComparer.Ordinal);

    /// <summary>Sessions whose revocation was acknowledged, by a call of a credential of theirs.</summary>
    public ConcurrentQueue<(string Session, EdgeCall Call)> Revoked { get; } = [];

    /// <summary>Everything acknowledged.</summary>
    public int Count => Opened.Count + Issued.Count + Revoked.Count;
}
