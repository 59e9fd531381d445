using Fabric.Core.Common;

namespace Fabric.Core.Issuers;

/// <summary>
/// Which workload is an agent: <paramref name="Subject"/> is the whole subject, or ends in `/*` or `:*`, where the star stands for one segment: one or more characters without a slash
/// or colon. Nothing else is a pattern, so that no subject which its issuer lets others choose reaches past a delimiter.
/// </summary>
public sealed record SubjectRule(string Subject, string Agent)
{
    /// <summary>The most characters of a subject (B1).</summary>
    public const int SubjectLengthMax = 512;

    private bool IsPattern => Subject.EndsWith("/*", StringComparison.Ordinal) || Subject.EndsWith(":*", StringComparison.Ordinal);

    /// <summary>Whether a subject is this agent's; compared ordinally, from its first to its last character.</summary>
    public bool Matches(string subject)
    {
        if (!IsPattern)
        {
            return string.Equals(Subject, subject, StringComparison.Ordinal);
        }

        var stem = Subject.AsSpan(0, Subject.Length - 1);
        return subject.Length > stem.Length && subject.AsSpan().StartsWith(stem, StringComparison.Ordinal) && !subject.AsSpan(stem.Length).ContainsAny('/', ':');
    }

    /// <summary>Null when it is one; `request.invalid_field` else.</summary>
    public Rejection? Check()
    {
        if (Subject.Length is 0 or > SubjectLengthMax || !PlainText.Is(Subject))
        {
            return new Rejection(Codes.InvalidField, "subjects", $"a subject has 1 to {SubjectLengthMax} plain characters");
        }

        var star = Subject.IndexOf('*', StringComparison.Ordinal);
        return star >= 0 && (star != Subject.Length - 1 || !IsPattern)
            ? new Rejection(Codes.InvalidField, "subjects", "a star stands at the end alone, after a slash or a colon, for one segment")
            : Names.CheckId("subjects", Agent);
    }
}
