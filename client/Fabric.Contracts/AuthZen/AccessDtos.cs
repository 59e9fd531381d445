using System.Text.Json;
using System.Text.Json.Serialization;

namespace Fabric.Contracts.AuthZen;

/// <summary>
/// Who asks for access (AuthZEN 1.0 section 5.1). <paramref name="Type"/>: `credential`, `session`, `agent` or `user`; the token stands in
/// `properties.token`, or, for a credential, may be the <paramref name="Id"/> itself.
/// </summary>
public sealed record AccessSubject(string? Type = null, string? Id = null, JsonElement? Properties = null)
{
    /// <summary>Without the id and the properties: either may hold a token, and a log is no place for it.</summary>
    public override string ToString() => $"{nameof(AccessSubject)} {{ {Type} }}";
}

/// <summary>What is to be done (AuthZEN 1.0 section 5.3): `TOOL:ACTION`, or the action alone with `properties.tool`; `properties.class` as in a check.</summary>
public sealed record AccessAction(string? Name = null, JsonElement? Properties = null);

/// <summary>What it is to be done to (AuthZEN 1.0 section 5.2): the call's resource is `TYPE/ID`, or of type `resource` the id as it is.</summary>
public sealed record AccessResource(string? Type = null, string? Id = null, JsonElement? Properties = null);

/// <summary>Asks whether a subject may do an action to a resource (AuthZEN 1.0 section 6.1). Unknown fields are passed over, as it demands.</summary>
public sealed record AccessEvaluation(AccessSubject? Subject = null, AccessAction? Action = null, AccessResource? Resource = null, JsonElement? Context = null);

/// <summary>
/// Several questions at once (AuthZEN 1.0 section 7.1): what an entry of <paramref name="Evaluations"/> leaves out is taken from here. Without entries it is one question.
/// </summary>
public sealed record AccessEvaluations(
    AccessSubject? Subject = null, AccessAction? Action = null, AccessResource? Resource = null, JsonElement? Context = null,
    IReadOnlyList<AccessEvaluation?>? Evaluations = null, AccessOptions? Options = null);

/// <summary>How several questions are answered (AuthZEN 1.0 section 7.1.2): `execute_all`, `deny_on_first_deny` or `permit_on_first_permit`.</summary>
public sealed record AccessOptions([property: JsonPropertyName("evaluations_semantic")] string? EvaluationsSemantic = null);

/// <summary>The answer to one question (AuthZEN 1.0 section 5.5).</summary>
public sealed record AccessDecision(bool Decision, AccessDecisionContext? Context = null);

/// <summary>
/// Why, at which revision, and for a token that verified who acts. <paramref name="Reason"/>: a code of the fabric, absent from a permit. <paramref name="Error"/>: the
/// question itself was at fault.
/// </summary>
public sealed record AccessDecisionContext(
    string? Reason = null, ulong? Revision = null, [property: JsonPropertyName("staleness_ms")] long? StalenessMs = null, string? Tenant = null, string? User = null,
    string? Agent = null, string? Session = null, string? Credential = null, AccessError? Error = null);

/// <summary>What was at fault with one of several questions (AuthZEN 1.0 section 7.2.1).</summary>
public sealed record AccessError(int Status, string Message);

/// <summary>The answers to several questions, in their order; or of a single one its decision alone.</summary>
public sealed record AccessAnswers(IReadOnlyList<AccessDecision>? Evaluations = null, bool? Decision = null, AccessDecisionContext? Context = null);

/// <summary>Asks for the subjects, resources or actions that would be permitted (AuthZEN 1.0 section 8).</summary>
public sealed record AccessSearch(
    AccessSubject? Subject = null, AccessAction? Action = null, AccessResource? Resource = null, JsonElement? Context = null, AccessSearchPage? Page = null);

/// <summary>Which page of a search (AuthZEN 1.0 section 8.2.1). <paramref name="Limit"/> 0 to 1,000; 100 when left out.</summary>
public sealed record AccessSearchPage(string? Token = null, int? Limit = null, JsonElement? Properties = null);

/// <summary>A page of a search's results (AuthZEN 1.0 section 8.3).</summary>
public sealed record AccessSearchResults(AccessResultsPage Page, AccessSearchContext Context, IReadOnlyList<AccessEntity> Results);

/// <summary>Where a search goes on; <paramref name="NextToken"/> is empty at its end (AuthZEN 1.0 section 8.2.2).</summary>
public sealed record AccessResultsPage([property: JsonPropertyName("next_token")] string NextToken, int Count);

/// <summary>
/// What the results leave out. Not <paramref name="Complete"/>: more is permitted than can be listed; <paramref name="Patterns"/> says what, as patterns of scopes
/// (`TOOL:ACTION` of actions, the resource of resources).
/// </summary>
public sealed record AccessSearchContext(bool Complete, ulong Revision, string? Reason = null, IReadOnlyList<string>? Patterns = null);

/// <summary>A subject or a resource (type and id), or an action (name) that a search found.</summary>
public sealed record AccessEntity(string? Type = null, string? Id = null, string? Name = null);

/// <summary>What a policy decision point says of itself (AuthZEN 1.0 section 9.1).</summary>
public sealed record AuthZenConfiguration(
    [property: JsonPropertyName("policy_decision_point")] string PolicyDecisionPoint,
    [property: JsonPropertyName("access_evaluation_endpoint")] string AccessEvaluationEndpoint,
    [property: JsonPropertyName("access_evaluations_endpoint")] string AccessEvaluationsEndpoint,
    [property: JsonPropertyName("search_subject_endpoint")] string SearchSubjectEndpoint,
    [property: JsonPropertyName("search_resource_endpoint")] string SearchResourceEndpoint,
    [property: JsonPropertyName("search_action_endpoint")] string SearchActionEndpoint);
