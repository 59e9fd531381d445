using Fabric.LoadTests.Processes;

namespace Fabric.LoadTests.Scenarios;

/// <summary>What became of a replay's calls. Any thread.</summary>
internal sealed class ReplayCount
{
    private readonly Lock _changes = new();
    private readonly SortedSet<string> _wrong = new(StringComparer.Ordinal);

    /// <summary>Calls that were allowed.</summary>
    public int Allowed { get; private set; }

    /// <summary>Calls that began after the confirmed receipt, and were allowed all the same.</summary>
    public int AllowedAfterConfirmed { get; private set; }

    /// <summary>Calls that began after the confirmed receipt and were denied.</summary>
    public int DeniedAfterConfirmed { get; private set; }

    /// <summary>Calls that were denied between the offboarding's request and its receipt.</summary>
    public int DeniedWhileLeaving { get; private set; }

    /// <summary>Calls of live sessions that were denied.</summary>
    public int WronglyDenied { get; private set; }

    /// <summary>Which tools were wrongly denied, and why.</summary>
    public string WrongCodes => string.Join(", ", _wrong);

    /// <summary>Counts one call: what was known of its user's leaving before it began, and whether it was asked for by its end.</summary>
    public void Add(EdgeReply reply, long confirmedNs, long askedBeforeNs, long askedAfterNs, TraceCall call)
    {
        lock (_changes)
        {
            if (confirmedNs != 0)
            {
                AllowedAfterConfirmed += reply.Allowed;
                DeniedAfterConfirmed += reply.Denied;
            }
            else if (reply.Denied > 0 && (askedBeforeNs | askedAfterNs) == 0)
            {
                WronglyDenied++;
                _wrong.Add($"{call.Tool} `{reply.Codes?[0]}`");
            }
            else
            {
                DeniedWhileLeaving += reply.Denied;
            }

            Allowed += reply.Allowed;
        }
    }

    /// <summary>Counts calls that were tried after their user had left.</summary>
    public void AddAfterConfirmed(EdgeReply reply)
    {
        lock (_changes)
        {
            AllowedAfterConfirmed += reply.Allowed;
            DeniedAfterConfirmed += reply.Denied;
        }
    }
}
