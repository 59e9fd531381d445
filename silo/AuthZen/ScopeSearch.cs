using System.Globalization;
using System.Text;
using Fabric.Contracts.AuthZen;
using Fabric.Core.Checks;
using Fabric.Core.Common;
using Fabric.Core.Scopes;
using Fabric.Engine;

namespace Fabric.Silo.AuthZen;

/// <summary>
/// What a token's scope names: actions on a resource, or resources for an action. Names that the scope spells out are listed, each looked up as a call; patterns with
/// wildcards stand for more than can be listed, and the answer says so.
/// </summary>
internal sealed class ScopeSearch(AccessPreview preview)
{
    /// <summary>The actions that a subject may do to a resource.</summary>
    public Outcome<AccessSearchResults> Actions(Caller caller, AccessSearch search)
    {
        if ((AccessReader.SubjectFault(search.Subject) ?? AccessReader.ResourceFault(search.Resource) ?? AccessReader.ObjectFault("context", search.Context)) is { } fault)
        {
            return fault;
        }
        var resource = AccessReader.ResourceOf(search.Resource!);
        var @class = ClassOf(search);
        return (resource.Rejection ?? @class.Rejection) is { } bad ? bad : List(caller, search, "action", entry =>
        {
            if (!Pattern.Parse(entry.Resource).Value.Matches(resource.Value))
            {
                return default;
            }
            var name = $"{entry.Tool}:{entry.Action}";
            // An action with a colon has no name that reads back as it.
            return Literal(entry.Tool) is { Length: > 0 } tool && Literal(entry.Action) is { Length: > 0 } action && !action.Contains(':', StringComparison.Ordinal)
                ? new Found(new AccessEntity(Name: $"{tool}:{action}"), new ToolCall(tool, action, resource.Value, @class.Value), null)
                : new Found(null, default, name);
        });
    }

    /// <summary>The resources of a type that a subject may do an action to.</summary>
    public Outcome<AccessSearchResults> Resources(Caller caller, AccessSearch search)
    {
        if ((AccessReader.SubjectFault(search.Subject) ?? AccessReader.ActionFault(search.Action) ?? AccessReader.ResourceFault(search.Resource, needsId: false)
            ?? AccessReader.ObjectFault("context", search.Context)) is { } fault)
        {
            return fault;
        }
        var (act, prefix, @class) = (AccessReader.ActOf(search.Action!), AccessReader.Prefix(search.Resource!.Type!), ClassOf(search));
        return (act.Rejection ?? prefix.Rejection ?? @class.Rejection) is { } bad ? bad : List(caller, search, "resource", entry =>
        {
            if (!Pattern.Parse(entry.Tool).Value.Matches(act.Value.Tool) || !Pattern.Parse(entry.Action).Value.Matches(act.Value.Action))
            {
                return default;
            }
            return Literal(entry.Resource) is not { } text ? MayBegin(entry.Resource, prefix.Value) ? new Found(null, default, entry.Resource) : default
                : text.StartsWith(prefix.Value, StringComparison.Ordinal)
                    ? new Found(
                        new AccessEntity(search.Resource.Type, text[prefix.Value.Length..]), new ToolCall(act.Value.Tool, act.Value.Action, text, @class.Value), null)
                : default;
        });
    }

    private Outcome<AccessSearchResults> List(Caller caller, AccessSearch search, string kind, Func<ScopeEntry, Found> find)
    {
        var page = SearchToken.Of(kind, search);
        var token = AccessReader.TokenOf(search.Subject!);
        var tenant = AccessReader.Text(search.Subject!.Properties, "subject.properties", "tenant");
        var audience = AccessReader.Text(search.Context, "context", "audience");
        var environment = AccessReader.Text(search.Context, "context", "environment");
        if ((page.Rejection ?? tenant.Rejection ?? audience.Rejection ?? environment.Rejection) is { } fault)
        {
            return fault;
        }
        if (!token.IsOk)
        {
            // Nothing is permitted to a subject that proves nothing: an empty result is the whole truth.
            return token.Rejection.Code == Codes.InvalidField ? token.Rejection : Nothing(token.Rejection.Code);
        }
        // INVARIANT T1: who guards one tenant is told nothing about tokens that have nothing to do with it.
        var rules = new CheckRules(caller.Tenant ?? tenant.Value, default, audience.Value, environment.Value);
        var claims = preview.Claims(token.Value.Token, rules);
        if (!claims.IsOk)
        {
            return Nothing(claims.Rejection.Code);
        }
        if (token.Value.ExpectedId is { } expected && AccessDecider.IdOf(claims.Value, search.Subject.Type!) != expected)
        {
            return Nothing(Codes.SubjectMismatch);
        }
        var (entities, patterns) = (new List<AccessEntity>(), new List<string>());
        foreach (var found in claims.Value.Scopes.Entries.Select(find))
        {
            if (found.Pattern is { } pattern && !patterns.Contains(pattern))
            {
                patterns.Add(pattern);
            }
            if (found.Entity is { } entity && !entities.Contains(entity) && preview.WhyNot(token.Value.Token, found.Call, rules) is null)
            {
                entities.Add(entity);
            }
        }
        var from = int.TryParse(page.Value.Place, NumberStyles.None, CultureInfo.InvariantCulture, out var place) ? Math.Min(place, entities.Count) : 0;
        var results = entities.GetRange(from, Math.Min(page.Value.Limit, entities.Count - from));
        var end = from + results.Count;
        return new AccessSearchResults(
            new AccessResultsPage(end < entities.Count ? page.Value.Next(kind, search, end.ToString(CultureInfo.InvariantCulture)) : "", results.Count),
            new AccessSearchContext(patterns.Count == 0, preview.Revision, null, patterns.Count == 0 ? null : patterns), results);
    }

    private AccessSearchResults Nothing(string reason) => new(new AccessResultsPage("", 0), new AccessSearchContext(true, preview.Revision, reason), []);

    /// <summary>The class that a search is about; not stated counts as destructive.</summary>
    public static Outcome<ActionClass> ClassOf(AccessSearch search)
    {
        var name = AccessReader.ClassOf(search.Action?.Properties, search.Context);
        return !name.IsOk ? name.Rejection : name.Value switch
        {
            "read" => ActionClass.Read,
            "write" => ActionClass.Write,
            null or "destructive" => ActionClass.Destructive,
            _ => new Rejection(Codes.InvalidField, "class", "a class is `read`, `write` or `destructive`"),
        };
    }

    /// <summary>The text of a pattern without wildcards, as a call would name it; null when it has one.</summary>
    private static string? Literal(string pattern)
    {
        var text = new StringBuilder(pattern.Length);
        for (var i = 0; i < pattern.Length; i++)
        {
            if (pattern[i] == '*')
            {
                return null;
            }
            text.Append(pattern[i] == '\\' ? pattern[++i] : pattern[i]);
        }
        return text.ToString();
    }

    /// <summary>Whether a pattern with a wildcard matches any text with this prefix: told from what stands before the wildcard, so that none is left out.</summary>
    private static bool MayBegin(string pattern, string prefix)
    {
        var star = 0;
        while (pattern[star] != '*')
        {
            star += pattern[star] == '\\' ? 2 : 1;
        }
        var head = Literal(pattern[..star])!;
        return head.StartsWith(prefix, StringComparison.Ordinal) || prefix.StartsWith(head, StringComparison.Ordinal);
    }

    private readonly record struct Found(AccessEntity? Entity, ToolCall Call, string? Pattern);
}
