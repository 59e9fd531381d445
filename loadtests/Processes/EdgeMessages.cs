using System.Text.Json.Serialization;

namespace Fabric.LoadTests.Processes;

/// <summary>What an edge process is told, one JSON object a line. <paramref name="Op"/> is one of <see cref="EdgeOps"/>.</summary>
internal sealed record EdgeCommand(
    long Id, string Op, string? Group = null, IReadOnlyList<EdgeCall>? Calls = null, int PerSecond = 0, long SinceBucket = 0);

/// <summary>One call to check. <paramref name="Class"/>: `read`, `write` or `destructive`.</summary>
internal sealed record EdgeCall(string Token, string Tool, string Action, string Resource, string Class);

/// <summary>
/// What an edge process answers. <paramref name="LastAllowedNs"/>: when the latest allowed check BEGAN, on the machine's monotonic clock; 0: none
/// was. <paramref name="Codes"/>: a call each, "" when allowed.
/// </summary>
internal sealed record EdgeReply(
    long Id, string? Fault = null, int Allowed = 0, int Denied = 0, long LastAllowedNs = 0, IReadOnlyList<string>? Codes = null, EdgeState? State = null,
    SeenChecks? Seen = null, IReadOnlyList<CheckBucket>? Buckets = null, double CheckNs = 0, IReadOnlyList<AppliedMark>? Applied = null);

/// <summary>When an edge had applied everything up to a revision, on the machine's monotonic clock: what it denies was binding by then.</summary>
internal readonly record struct AppliedMark(ulong Revision, long AtNs);

/// <summary>What became of all checks from a schedule so far, and how late the latest of them was made.</summary>
internal sealed record SeenChecks(IReadOnlyList<SeenGroup> Groups, long LateMaxNs);

/// <summary>
/// What became of a group's checks. <paramref name="Stale"/>: denied because the edge was not fresh enough to allow anything, which says nothing of the call; <paramref name="Denied"/>
/// counts the others. Moments are when a check BEGAN; 0: there was none.
/// </summary>
internal sealed record SeenGroup(string Name, long Allowed, long Denied, long Stale, long LastAllowedNs, long FirstDeniedNs, string FirstCode);

/// <summary>The checks that began within one bucket of time.</summary>
internal sealed record CheckBucket(long Number, int Allowed, int Denied, int Stale);

/// <summary>How an edge stands.</summary>
internal sealed record EdgeState(bool IsReady, ulong Revision, int IndexRecords, long IndexBytes, long Checks, long HeapBytes, double GcPausedMs = 0);

/// <summary>The commands of an edge process.</summary>
internal static class EdgeOps
{
    /// <summary>Checks calls now, each as a tool would before it acts.</summary>
    public const string Check = "check";

    /// <summary>Holds calls under a group's name, for later.</summary>
    public const string Hold = "hold";

    /// <summary>Checks all calls of a group (null: of all groups) once.</summary>
    public const string CheckHeld = "check-held";

    /// <summary>Checks all held calls over and over, on a thread of its own.</summary>
    public const string Hammer = "hammer";

    /// <summary>Stops that, and forgets what is held.</summary>
    public const string Drop = "drop";

    /// <summary>When a group's latest allowed check began.</summary>
    public const string LastAllowed = "last-allowed";

    /// <summary>Checks a group's calls from a schedule, from now on.</summary>
    public const string Watch = "watch";

    /// <summary>What became of all groups that are watched.</summary>
    public const string Seen = "seen";

    /// <summary>A watched group's counts by buckets of time.</summary>
    public const string Buckets = "buckets";

    /// <summary>Checks calls over and over for a while, and tells how long one took.</summary>
    public const string Time = "time";

    /// <summary>When which revision was applied, since this was last asked.</summary>
    public const string Applied = "applied";

    /// <summary>Hands the edge's lease back; the process goes on.</summary>
    public const string Leave = "leave";

    /// <summary>Follows the fabric again.</summary>
    public const string Join = "join";

    /// <summary>Ends all checking from a schedule, and forgets the groups.</summary>
    public const string Unwatch = "unwatch";

    /// <summary>How the edge stands.</summary>
    public const string State = "state";
}

/// <summary>How the messages are written.</summary>
[JsonSourceGenerationOptions(System.Text.Json.JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault)]
[JsonSerializable(typeof(EdgeCommand)), JsonSerializable(typeof(EdgeReply))]
internal sealed partial class EdgeJson : JsonSerializerContext;
