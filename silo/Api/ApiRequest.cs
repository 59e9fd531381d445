using System.Globalization;
using Fabric.Contracts;
using Fabric.Contracts.Common;
using Fabric.Core.Common;

namespace Fabric.Silo.Api;

/// <summary>One request on its way into the fabric: the fabric bound to the caller, the route's names and the query's fields.</summary>
internal readonly struct ApiRequest(HttpContext context, IFabric fabric)
{
    private const int LimitDefault = 100;

    public HttpContext Context { get; } = context;

    public IFabric Fabric { get; } = fabric;

    public CancellationToken Cancellation => Context.RequestAborted;

    public string Tenant => Route("t");

    public string Route(string name) => Context.GetRouteValue(name) as string ?? "";

    public string? Query(string name)
    {
        var values = Context.Request.Query[name];
        return values.Count == 0 ? null : values[^1];
    }

    public IReadOnlyList<string>? QueryList(string name)
    {
        var values = Context.Request.Query[name];
        return values.Count == 0 ? null : [.. values.OfType<string>()];
    }

    public Outcome<int> QueryInt(string name, int otherwise) =>
        Query(name) is not { } text ? otherwise
        : int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) ? value
        : new Rejection(Codes.InvalidField, name, "not a whole number");

    public Outcome<bool> QueryFlag(string name) =>
        Query(name) is not { } text ? false
        : bool.TryParse(text, out var value) ? value
        : new Rejection(Codes.InvalidField, name, "neither `true` nor `false`");

    public Outcome<DateTimeOffset?> QueryMoment(string name) =>
        Query(name) is not { } text ? (Outcome<DateTimeOffset?>)(DateTimeOffset?)null
        : DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var value) ? value
        : new Rejection(Codes.InvalidField, name, "not a moment; write it as `2026-01-31T12:00:00Z`");

    public Outcome<NodeDto?> QueryNode(string name) =>
        Query(name) is not { } text ? (Outcome<NodeDto?>)(NodeDto?)null
        : NodeText.TryParse(text, out var node) ? node
        : new Rejection(Codes.InvalidField, name, "not a node; write it as `tenant/ID` or `KIND/TENANT/ID`");

    public Outcome<PageQuery> Page()
    {
        var limit = QueryInt("limit", LimitDefault);
        return limit.IsOk ? new PageQuery(Query("cursor"), limit.Value) : limit.Rejection;
    }

    /// <summary>Refuses query fields that the endpoint does not know: a filter with a typing error must not answer everything.</summary>
    public Rejection? UnknownQuery(IReadOnlyList<QueryField> known)
    {
        foreach (var (name, _) in Context.Request.Query)
        {
            if (!known.Any(field => string.Equals(field.Name, name, StringComparison.OrdinalIgnoreCase)))
            {
                return new Rejection(Codes.UnknownField, "query", "the query has a field that this path does not know");
            }
        }
        return null;
    }
}
