using Fabric.Contracts;
using Fabric.Contracts.Common;
using Fabric.Contracts.Sessions;
using Fabric.Core.Common;

namespace Fabric.Silo.AuthZen;

/// <summary>The nodes of a tenant that are locked at the moment: a session under one of them is live, and permits nothing.</summary>
internal sealed class LockedNodes
{
    /// <summary>Why a result may be incomplete.</summary>
    public const string Unknown = "a session that was delegated from where this caller does not see is not listed";

    private const int PageSize = 1_000;
    private const int PagesMax = 100;

    private readonly HashSet<string> _locked = new(StringComparer.Ordinal);
    private readonly Dictionary<string, bool?> _parents = new(StringComparer.Ordinal);

    /// <summary>The locks in force in a tenant.</summary>
    public static async ValueTask<Outcome<LockedNodes>> ReadAsync(IFabric fabric, string tenant, CancellationToken cancellation)
    {
        var locked = new LockedNodes();
        string? cursor = null;
        for (var pages = 0; pages < PagesMax; pages++)
        {
            var page = await fabric.ListLocksAsync(tenant, new PageQuery(cursor, PageSize), cancellation);
            if (!page.IsOk)
            {
                return page.Rejection;
            }
            locked._locked.UnionWith(page.Value.Items.Select(item => NodeText.Format(item.Node)));
            if ((cursor = page.Value.Next) is null)
            {
                return locked;
            }
        }
        return new Rejection(Codes.LimitReached, tenant, $"more than {PagesMax * PageSize} locks are in force: what is permitted cannot be listed");
    }

    /// <summary>Whether nothing above a session is locked; null when that cannot be seen.</summary>
    public async ValueTask<bool?> IsFreeAsync(IFabric fabric, SessionInfo session, CancellationToken cancellation)
    {
        if (_locked.Contains($"tenant/{session.Tenant}") || _locked.Contains($"tenant/{session.Tenant}/{session.Tenant}")
            || _locked.Contains($"agent/{session.Tenant}/{session.Agent}") || _locked.Contains($"session/{session.Tenant}/{session.Id}")
            || (session.User is { } user && _locked.Contains($"user/{session.Tenant}/{user}")))
        {
            return false;
        }
        if (session.DelegatedFrom is not { } parent)
        {
            return true;
        }
        // The depth of delegations is bounded, and siblings share their parent.
        if (!_parents.TryGetValue(parent, out var free))
        {
            var found = await fabric.GetSessionAsync(parent, cancellation);
            free = found.IsOk && found.Value.Tenant == session.Tenant ? await IsFreeAsync(fabric, found.Value, cancellation) : null;
            _parents[parent] = free;
        }
        return free;
    }
}
