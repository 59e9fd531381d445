using Fabric.Core.Common;

namespace Fabric.Cluster.Tests.Processes;

/// <summary>What was acknowledged under load, and what every answer since is held against.</summary>
internal sealed class LoadLedger
{
    // The newest ones are looked at as often as all others together.
    private const int NewestMax = 64;

    // Why a call may be denied though nothing of its lineage was revoked: whoever decides knows too little, and says so.
    private static readonly HashSet<string> Unsure =
    [
        Codes.CheckStale, Codes.CheckNotReady, Codes.CheckUnavailable, Codes.CheckBehindRevision, Codes.TokenKeyUnknown, Codes.StorageUnavailable, Codes.Unreachable, Codes.Stopping,
    ];

    private readonly Lock _gate = new();
    private readonly List<LoadToken> _tokens = [];
    private readonly List<LoadSession> _sessions = [];
    private readonly List<LoadNode> _revoked = [];
    private ulong _confirmed;
    private ulong _accepted;

    internal LoadToken[] Tokens => Under(() => _tokens.ToArray());

    internal LoadSession[] Sessions => Under(() => _sessions.ToArray());

    /// <summary>Nodes whose revocation was accepted.</summary>
    internal LoadNode[] Revoked => Under(() => _revoked.ToArray());

    /// <summary>The newest revision of which a receipt has said `confirmed`.</summary>
    internal ulong ConfirmedRevision => Volatile.Read(ref _confirmed);

    /// <summary>The newest revision of which a receipt has said that it is durable.</summary>
    internal ulong AcceptedRevision => Volatile.Read(ref _accepted);

    internal void Add(LoadSession session) => Under(() => _sessions.Add(session));

    internal void Add(LoadToken token) => Under(() => _tokens.Add(token));

    internal void Accepted(IEnumerable<LoadNode> nodes, ulong revision) => Under(() =>
    {
        foreach (var node in nodes)
        {
            node.Accepted(revision);
            _revoked.Add(node);
        }

        Volatile.Write(ref _accepted, Math.Max(_accepted, revision));
    });

    internal void Confirmed(IEnumerable<LoadNode> nodes, ulong revision) => Under(() =>
    {
        foreach (var node in nodes)
        {
            node.Confirmed();
        }

        Volatile.Write(ref _confirmed, Math.Max(_confirmed, revision));
    });

    /// <summary>One of the credentials; null: there is none.</summary>
    internal LoadToken? Pick(Random random) => Under(() =>
        _tokens.Count == 0 ? null : _tokens[random.Next(2) == 0 ? random.Next(_tokens.Count) : random.Next(Math.Max(0, _tokens.Count - NewestMax), _tokens.Count)]);

    /// <summary>What is known before a call is decided; <see cref="LoadQuestion.Judge"/> holds the answer against it.</summary>
    internal LoadQuestion Ask(LoadToken token) => new(token, token.IsConfirmed, token.DeadFrom, ConfirmedRevision);

    internal static bool IsUnsure(string? code) => code is not null && Unsure.Contains(code);

    private T Under<T>(Func<T> read)
    {
        lock (_gate)
        {
            return read();
        }
    }

    private void Under(Action change)
    {
        lock (_gate)
        {
            change();
        }
    }
}
