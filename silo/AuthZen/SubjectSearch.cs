using Fabric.Contracts;
using Fabric.Contracts.AuthZen;
using Fabric.Contracts.Common;
using Fabric.Contracts.Sessions;
using Fabric.Core.Common;
using Fabric.Core.Scopes;
using Fabric.Engine;
using Fabric.Engine.Wire;

namespace Fabric.Silo.AuthZen;

/// <summary>
/// Which live sessions, or whose (agents, users), may do an action to a resource: those whose scope allows the call and of whose lineage nothing is revoked or locked.
/// Credentials are not listed: the fabric keeps no tokens.
/// </summary>
internal sealed class SubjectSearch(AccessPreview preview, TimeProvider time)
{
    /// <summary>Sessions that one request looks at (B1); with more, the page ends early and its token goes on.</summary>
    public const int SessionsMax = 10_000;

    private const string Kind = "subject";

    public async ValueTask<Outcome<AccessSearchResults>> FindAsync(IFabric fabric, Caller caller, AccessSearch search, CancellationToken cancellation)
    {
        var query = Read(caller, search);
        if (!query.IsOk)
        {
            return query.Rejection;
        }
        var (tenant, call, environment, page) = query.Value;
        if (search.Subject!.Type == AccessReader.Credential)
        {
            return Page([], "", false, "credentials are not listed: the fabric keeps no tokens");
        }
        var locks = await LockedNodes.ReadAsync(fabric, tenant, cancellation);
        if (!locks.IsOk)
        {
            return locks.Rejection;
        }
        var (found, complete, place, looked) = (new List<AccessEntity>(), true, page.Place, 0);
        while (found.Count < page.Limit && looked < SessionsMax)
        {
            // No more than there is room for, so that the fabric's cursor is the place where the next page begins.
            var sessions = await fabric.ListSessionsAsync(
                new SessionQuery(new NodeDto("tenant", tenant), "active", place, Math.Min(page.Limit - found.Count, 1_000)), cancellation);
            if (!sessions.IsOk)
            {
                return sessions.Rejection;
            }
            foreach (var session in sessions.Value.Items)
            {
                var free = Allows(session, call, environment) ? await locks.Value.IsFreeAsync(fabric, session, cancellation) : false;
                complete &= free is not null;
                if (free == true && EntityOf(session, search.Subject.Type!) is { } entity && !found.Contains(entity))
                {
                    found.Add(entity);
                }
            }
            looked += sessions.Value.Items.Count;
            place = sessions.Value.Next;
            if (place is null)
            {
                return Page(found, "", complete, complete ? null : LockedNodes.Unknown);
            }
        }
        return Page(found, page.Next(Kind, search, place ?? ""), complete, complete ? null : LockedNodes.Unknown);
    }

    private static Outcome<(string Tenant, ToolCall Call, string? Environment, SearchToken Page)> Read(Caller caller, AccessSearch search)
    {
        if ((AccessReader.SubjectFault(search.Subject, needsId: false) ?? AccessReader.ActionFault(search.Action) ?? AccessReader.ResourceFault(search.Resource)
            ?? AccessReader.ObjectFault("context", search.Context)) is { } fault)
        {
            return fault;
        }
        if (search.Subject!.Type is not (AccessReader.Credential or AccessReader.Session or AccessReader.Agent or AccessReader.User))
        {
            return new Rejection(Codes.InvalidField, "subject.type", "a subject is a `credential`, `session`, `agent` or `user`");
        }
        var (act, resource, @class) = (AccessReader.ActOf(search.Action!), AccessReader.ResourceOf(search.Resource!), ScopeSearch.ClassOf(search));
        var tenant = AccessReader.Text(search.Subject.Properties, "subject.properties", "tenant");
        var environment = AccessReader.Text(search.Context, "context", "environment");
        var page = SearchToken.Of(Kind, search);
        if ((act.Rejection ?? resource.Rejection ?? @class.Rejection ?? tenant.Rejection ?? environment.Rejection ?? page.Rejection) is { } bad)
        {
            return bad;
        }
        // INVARIANT T1: a caller of one tenant searches that one; the fabric refuses every other.
        return (tenant.Value ?? caller.Tenant) is { } name
            ? (name, new ToolCall(act.Value.Tool, act.Value.Action, resource.Value, @class.Value), environment.Value, page.Value)
            : new Rejection(Codes.InvalidField, "subject.properties.tenant", "a caller that is bound to no tenant names the one to search");
    }

    private bool Allows(SessionInfo session, in ToolCall call, string? environment) =>
        ScopeWire.Read(session.Scopes) is { IsOk: true } scopes && scopes.Value.Match(call, environment, Instant.From(time.GetUtcNow())).IsAllowed;

    private static AccessEntity? EntityOf(SessionInfo session, string type) => type switch
    {
        AccessReader.Session => new AccessEntity(type, session.Id),
        AccessReader.Agent => new AccessEntity(type, session.Agent),
        _ => session.User is { } user ? new AccessEntity(type, user) : null,
    };

    private AccessSearchResults Page(List<AccessEntity> found, string next, bool complete, string? reason) =>
        new(new AccessResultsPage(next, found.Count), new AccessSearchContext(complete, preview.Revision, reason), found);
}
