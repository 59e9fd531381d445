namespace Fabric.Gateway.Upstreams;

/// <summary>Whose the sessions of the server behind are (MCP, security best practices: session hijacking). Bounded in all and for each principal; one that nobody uses is forgotten. Any thread.</summary>
internal sealed class SessionOwners(GatewayLimits limits, TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, (string Owner, long UsedAt)> _sessions = new(StringComparer.Ordinal);

    /// <summary>Whether a principal may have one more.</summary>
    public bool HasRoom(string owner)
    {
        lock (_gate)
        {
            foreach (var idle in _sessions.Where(pair => time.GetElapsedTime(pair.Value.UsedAt).TotalSeconds > limits.IdleSeconds).Select(pair => pair.Key).ToArray())
            {
                _sessions.Remove(idle);
            }

            return _sessions.Count < limits.SessionsMax && _sessions.Values.Count(session => session.Owner == owner) < limits.SessionsPerCallerMax;
        }
    }

    /// <summary>Notes a session that the server behind has made. One that is known stays whose it is.</summary>
    public void Add(string id, string owner)
    {
        lock (_gate)
        {
            _sessions.TryAdd(id, (owner, time.GetTimestamp()));
        }
    }

    /// <summary>Whether a session is this principal's, which uses it.</summary>
    public bool IsOf(string id, string owner)
    {
        lock (_gate)
        {
            if (!_sessions.TryGetValue(id, out var session) || session.Owner != owner)
            {
                return false;
            }

            _sessions[id] = (owner, time.GetTimestamp());
            return true;
        }
    }

    /// <summary>Forgets a session that is over.</summary>
    public void Remove(string id)
    {
        lock (_gate)
        {
            _sessions.Remove(id);
        }
    }
}
