using System.Text.Json.Serialization;

namespace Fabric.Contracts.Common;

/// <summary>
/// One thing that may be done: tool, action and resource patterns (`*` matches any run of characters, `\` escapes) with constraints.
/// An `authorization_details` object of type `tool_call` (RFC 9396).
/// </summary>
/// <param name="Tool">Pattern for the tool's name.</param>
/// <param name="Action">Pattern for the action.</param>
/// <param name="Resource">Pattern for the resource.</param>
/// <param name="ReadOnly">Only calls of class read.</param>
/// <param name="MaxCalls">Calls in all, 1 to 1,000,000,000; exact over all enforcement points.</param>
/// <param name="Rate">Calls in a fixed window; exact over all enforcement points.</param>
/// <param name="Environment">Only in this environment.</param>
/// <param name="NotAfter">Not after this moment.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record ScopeDto(
    string Tool,
    string Action = "*",
    string Resource = "*",
    bool ReadOnly = false,
    long? MaxCalls = null,
    RateDto? Rate = null,
    string? Environment = null,
    DateTimeOffset? NotAfter = null);
