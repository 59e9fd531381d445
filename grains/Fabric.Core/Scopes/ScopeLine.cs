using Fabric.Core.Common;

namespace Fabric.Core.Scopes;

/// <summary>
/// A scope entry laid out for matching: one cache line holds all that tells whether a call is another one. <paramref name="Lengths"/> packs the
/// lengths of the three literals, <paramref name="ExactMask"/> which of them a call's must equal, so that one comparison dismisses most entries.
/// </summary>
internal readonly record struct ScopeLine(
    ulong Lengths, ulong ExactMask, string Tool, string Action, string Resource, string? Environment, long NotAfterMs,
    PatternKind ToolKind, PatternKind ActionKind, PatternKind ResourceKind, bool ReadOnly)
{
    private const int FieldBits = 21;
    private const uint FieldMax = (1u << FieldBits) - 1;
    private const ulong AllExact = (1ul << (3 * FieldBits)) - 1;

    public static ScopeLine Compile(ScopeConstraints constraints, Pattern tool, Pattern action, Pattern resource) => new(
        Pack(tool.LiteralLength, action.LiteralLength, resource.LiteralLength),
        Pack(Mask(tool), Mask(action), Mask(resource)),
        tool.Literal, action.Literal, resource.Literal, constraints.Environment, (constraints.NotAfter ?? Instant.Never).UnixMs,
        tool.Kind, action.Kind, resource.Kind, constraints.ReadOnly);

    /// <summary>The lengths of a call's strings, as <see cref="Lengths"/> has them. Longer than any literal stays longer.</summary>
    public static ulong Pack(int tool, int action, int resource) =>
        Clip(tool) | (Clip(action) << FieldBits) | (Clip(resource) << (2 * FieldBits));

    /// <summary>Whether the call's lengths (<see cref="Pack"/>) are those of the literals. Asked first: dismisses most entries.</summary>
    public bool HasLengths(ulong callLengths) => ((callLengths ^ Lengths) & ExactMask) == 0;

    /// <summary>Whether the patterns name the call; <paramref name="patterns"/> holds this entry's three from <paramref name="at"/> on, for those that are globs.</summary>
    public bool Names(in ToolCall call, Pattern[] patterns, int at) =>
        ExactMask == AllExact
            ? call.Tool == Tool && call.Action == Action && call.Resource == Resource
            : Fits(ToolKind, Tool, 0, call.Tool, patterns, at)
                && Fits(ActionKind, Action, 1, call.Action, patterns, at)
                && Fits(ResourceKind, Resource, 2, call.Resource, patterns, at);

    /// <summary>How far a named call gets through the constraints, in the order of <see cref="Progress"/>.</summary>
    public Progress Admit(ActionClass @class, string? environment, Instant now)
    {
        if (ReadOnly && @class != ActionClass.Read)
        {
            return Progress.NotReadOnly;
        }

        if (Environment is not null && Environment != environment)
        {
            return Progress.WrongEnvironment;
        }

        return now.UnixMs > NotAfterMs ? Progress.TooLate : Progress.Allowed;
    }

    private static ulong Clip(int length) => Math.Min((uint)length, FieldMax);

    private static int Mask(Pattern pattern) => pattern.Kind == PatternKind.Exact ? (int)FieldMax : 0;

    private int PrefixLength(int field) => (int)((Lengths >> (field * FieldBits)) & FieldMax);

    private bool Fits(PatternKind kind, string literal, int field, string value, Pattern[] patterns, int at) => kind switch
    {
        PatternKind.Any => true,
        PatternKind.Exact => value == literal,
        PatternKind.Prefix => value.AsSpan().StartsWith(literal.AsSpan(0, PrefixLength(field))),
        _ => patterns[at + field].Matches(value),
    };

    /// <summary>How close an entry came to allowing a call; a later value is the more telling denial.</summary>
    public enum Progress : byte
    {
        /// <summary>The entry does not name the call.</summary>
        NotNamed,
        /// <summary>The call is not of class read.</summary>
        NotReadOnly,
        /// <summary>The call is made in another environment.</summary>
        WrongEnvironment,
        /// <summary>The entry's time has passed.</summary>
        TooLate,
        /// <summary>The call is allowed.</summary>
        Allowed,
    }
}
