namespace Fabric.Contracts.Common;

/// <summary>
/// A refusal on the wire (RFC 9457, `application/problem+json`). <paramref name="Code"/> is one of <see cref="Core.Common.Codes"/>,
/// <paramref name="Subject"/> names what was refused, <paramref name="Detail"/> is one sentence for a person.
/// </summary>
public sealed record Problem(string Type, string Title, int Status, string Code, string Subject, string Detail)
{
    /// <summary>The media type of a problem (RFC 9457 section 3).</summary>
    public const string MediaType = "application/problem+json";

    /// <summary>The problem type of a code: `urn:fabric:error:CODE`.</summary>
    public static string TypeOf(string code) => "urn:fabric:error:" + code;
}
