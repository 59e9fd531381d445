using Fabric.Core.Scopes;
using Fabric.Core.Tokens;

namespace Fabric.Core.Checks;

/// <summary>
/// Calls of one credential on one tool, action and resource with one outcome, counted until they are drained (A1). A line of allowed calls also
/// remembers which scope entry allowed them, so that the next such call need not be matched. What it is about never changes once it is
/// published; it may outlive the cached token it belongs to.
/// </summary>
internal class UsageLine
{
    // Written before Tool, which publishes a line.
    private string? _tool;
    private ShortText _resource;
    private QuotaSlice[]? _quotas;

    // The class of plainly allowed calls; no class in every other line.
    private int _allows = -1;

    public UsageLine? NextDirty { get; set; }

    public string? Tool => Volatile.Read(ref _tool);

    public string Action { get; private set; } = "";

    public string Resource { get; private set; } = "";

    public string? Code { get; private set; }

    public TokenClaims Claims { get; protected set; } = null!;

    public CheckRules? Rules { get; private set; }

    /// <summary>The quotas that each call draws from; null: none.</summary>
    public QuotaSlice[]? Quotas => Volatile.Read(ref _quotas);

    /// <summary>The last moment at which the scope entry allows calls.</summary>
    public long NotAfterMs { get; private set; }

    public ActionClass Class { get; private set; }

    public bool BestEffort { get; private set; }

    /// <summary>Calls since the last drain; 0: the line is in no list.</summary>
    public long Count;

    public long FirstMs;

    public long LastMs;

    public ulong Revision;

    public static UsageLine Of(TokenClaims claims) => new() { Claims = claims };

    /// <summary>Says what the line is about, once, before anybody else sees it or while it is blank.</summary>
    public void Publish(in ToolCall call, CheckRules rules, string? code, bool bestEffort, QuotaSlice[]? quotas, long notAfterMs)
    {
        Action = call.Action;
        Resource = call.Resource;
        _resource = ShortText.Of(call.Resource);
        Class = call.Class;
        Rules = rules;
        Code = code;
        BestEffort = bestEffort;
        _allows = code is null && !bestEffort ? (int)call.Class : -1;
        _quotas = quotas;
        NotAfterMs = notAfterMs;
        Volatile.Write(ref _tool, call.Tool);
    }

    /// <summary>
    /// Takes the slices that stand for the same quotas now, when those that are known were given up. Other quotas are another scope entry's, which
    /// may have another end: those are not taken.
    /// </summary>
    public void Renew(QuotaSlice[]? slices)
    {
        var known = Quotas;
        if (slices is null || known is null || slices.Length != known.Length)
        {
            return;
        }

        var given = false;
        for (var i = 0; i < slices.Length; i++)
        {
            if (slices[i].Quota.Id != known[i].Quota.Id)
            {
                return;
            }

            given |= known[i].IsDropped;
        }

        if (given)
        {
            Volatile.Write(ref _quotas, slices);
        }
    }

    /// <summary>
    /// Whether the line is of plainly allowed calls like this one: then the token has passed the rules, too. The rules are compared as objects;
    /// a line of equal ones is found by <see cref="Is"/>.
    /// </summary>
    public bool Allows(in ToolCall call, CheckRules rules) =>
        Same(Tool, call.Tool) && ReferenceEquals(Rules, rules) && _allows == (int)call.Class && IsResource(call.Resource) && Same(Action, call.Action);

    public bool Is(in ToolCall call, CheckRules rules, string? code, bool bestEffort) =>
        Tool == call.Tool && Class == call.Class && BestEffort == bestEffort && Code == code && Resource == call.Resource && Action == call.Action
        && rules.Equals(Rules);

    private bool IsResource(string resource) => _resource.Length != ShortText.Long ? _resource.Is(resource) : Same(Resource, resource);

    private static bool Same(string? a, string b) => ReferenceEquals(a, b) || a == b;
}
