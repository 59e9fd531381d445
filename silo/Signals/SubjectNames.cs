using System.Text.Json;
using System.Text.Json.Nodes;

namespace Fabric.Silo.Signals;

/// <summary>Whether two subjects are the same (SSF 1.0 section 8.1.3.1).</summary>
internal static class SubjectNames
{
    private const string Format = "format";

    /// <summary>
    /// Simple subjects match when they are identical; complex ones when each member that both have is identical, and they have one in common; a simple one matches a member.
    /// </summary>
    public static bool Names(this JsonObject subject, JsonNode other)
    {
        if (JsonNode.DeepEquals(subject, other))
        {
            return true;
        }
        if (!IsComplex(subject) || other is not JsonObject named)
        {
            return false;
        }
        var members = subject.Where(member => member.Key != Format).ToList();
        return IsComplex(named)
            ? members.Exists(member => named.ContainsKey(member.Key)) && members.TrueForAll(member => !named.ContainsKey(member.Key) || JsonNode.DeepEquals(named[member.Key], member.Value))
            : members.Exists(member => JsonNode.DeepEquals(member.Value, other));
    }

    private static bool IsComplex(JsonObject subject) =>
        subject.TryGetPropertyValue(Format, out var format) && format?.GetValueKind() == JsonValueKind.String && format.GetValue<string>() == "complex";
}
