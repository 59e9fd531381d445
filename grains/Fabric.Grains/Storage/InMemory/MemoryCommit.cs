using Fabric.Grains.Feed;
using Fabric.Grains.Sessions;

namespace Fabric.Grains.Storage.InMemory;

/// <summary>One batch of commands, all or nothing: what was added is taken back when something is refused. Used once, under the tables' lock.</summary>
internal sealed class MemoryCommit(MemoryTables tables)
{
    private readonly Stack<Action> _undo = new();

    internal CommitOutcome Write_NeedsLock(long term, IReadOnlyList<ComposedEntry> entries)
    {
        var outcome = CommitOutcome.Conflict;
        try
        {
            outcome = Take(term, entries);
        }
        finally
        {
            while (outcome != CommitOutcome.Committed && _undo.TryPop(out var back))
            {
                back();
            }
        }

        if (outcome == CommitOutcome.Committed)
        {
            tables.AddAudit_NeedsLock(entries.SelectMany(composed => composed.Audit));
        }

        return outcome;
    }

    private CommitOutcome Take(long term, IReadOnlyList<ComposedEntry> entries)
    {
        // INVARIANT R3: not one commit of an old term, and no place twice.
        if (tables.Term != term)
        {
            return CommitOutcome.Fenced;
        }

        foreach (var composed in entries)
        {
            if (composed.Row.Sequence <= tables.Head_NeedsLock)
            {
                return CommitOutcome.Fenced;
            }

            if (!Order(composed))
            {
                return CommitOutcome.Conflict;
            }
        }

        return entries.All(composed => Feed(composed) && Directory(composed) && Session(composed) && Inventory(composed) && Request(composed))
            ? CommitOutcome.Committed : CommitOutcome.Conflict;
    }

    private bool Order(ComposedEntry composed)
    {
        var (entry, changes) = (composed.Entry, tables.Changes);
        if (!Add(tables.ChangesById, entry.Id, new Wire.LogAnswer(composed.Row.Sequence, composed.Revision)))
        {
            return false;
        }

        Append(changes, new ChangeLine(composed.Row.Sequence, entry.Id, entry.AtMs, entry.By, composed.Revision, entry.Events));
        return true;
    }

    private bool Feed(ComposedEntry composed)
    {
        if (composed.Row.Ops.Length == 0)
        {
            return true;
        }

        var before = tables.FeedHead;
        if (composed.Row.First <= before)
        {
            return false;
        }

        tables.FeedHead = composed.Row.Last;
        _undo.Push(() => tables.FeedHead = before);
        Append(tables.Feed, new FeedLine(composed.Row with { Directory = [] }, composed.DropAfter, composed.Tenant, composed.Unknown));
        return true;
    }

    private bool Directory(ComposedEntry composed)
    {
        for (var part = 0; part < composed.Row.Directory.Length; part++)
        {
            var row = composed.Row.Directory[part];
            if (row.Owner is { } owner)
            {
                var key = (owner, row.Version, part);
                if (!tables.DirectoryKeys.Add(key))
                {
                    return false;
                }

                _undo.Push(() => tables.DirectoryKeys.Remove(key));
            }

            Append(tables.Directory, new DirectoryLine(composed.Row.Sequence, part, row, LogCommit.SlotOf(row)));
        }

        return true;
    }

    // INVARIANT S1: a session goes on from the version that was decided on, or not at all.
    private bool Session(ComposedEntry composed)
    {
        if (composed.Entry.Session is not { } body)
        {
            return true;
        }

        var state = SessionRow.Read(body).State;
        var before = tables.Sessions.GetValueOrDefault(state.Id);
        if (composed.Entry.SessionVersion == 0)
        {
            if (before is not null)
            {
                return false;
            }

            var nodes = state.LineageWith().Nodes.ToArray();
            tables.Sessions.Add(
                state.Id, new SessionLine(state.Tenant, state.IsLive, state.ExpiresAt.UnixMs, 1, Array.ConvertAll(nodes, node => node.Handle), body));
            _undo.Push(() => tables.Sessions.Remove(state.Id));
            return true;
        }

        if (before is null || before.Version != composed.Entry.SessionVersion)
        {
            return false;
        }

        tables.Sessions[state.Id] = before with { IsLive = state.IsLive, ExpiresMs = state.ExpiresAt.UnixMs, Version = before.Version + 1, Body = body };
        _undo.Push(() => tables.Sessions[state.Id] = before);
        return true;
    }

    private bool Inventory(ComposedEntry composed)
    {
        foreach (var (id, session, expiresMs) in composed.Credentials)
        {
            if (!Add(tables.Credentials, id, new CredentialLine(session, expiresMs)))
            {
                return false;
            }

            if (!tables.CredentialsOf.TryGetValue(session, out var all))
            {
                tables.CredentialsOf.Add(session, all = []);
            }

            all.Add(id);
            _undo.Push(() => all.Remove(id));
        }

        // Two sessions may name one quota: the first one's stays.
        foreach (var (quota, dropAfterMs) in composed.Quotas)
        {
            Add(tables.Quotas, new UInt128(quota.Id.High, quota.Id.Low), new StoredQuota(quota, new Core.Common.Instant(dropAfterMs)));
        }

        return true;
    }

    // INVARIANT R5: a name stands once.
    private bool Request(ComposedEntry composed) =>
        composed.Request == UInt128.Zero
        || Add(tables.Requests, (long)(ulong)(composed.Request >> 64), new RequestLine((long)(ulong)composed.Request, composed.Revision, composed.Entry.AtMs));

    private bool Add<TKey, T>(Dictionary<TKey, T> lines, TKey key, T line)
        where TKey : notnull
    {
        if (!lines.TryAdd(key, line))
        {
            return false;
        }

        _undo.Push(() => lines.Remove(key));
        return true;
    }

    private void Append<T>(List<T> lines, T line)
    {
        lines.Add(line);
        _undo.Push(() => lines.RemoveAt(lines.Count - 1));
    }
}
