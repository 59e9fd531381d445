namespace Fabric.Core.Checks;

/// <summary>On what a check may be decided.</summary>
public readonly record struct CheckBasis
{
    private readonly long _askedMs;
    private readonly Kind _kind;

    private CheckBasis(Kind kind, long askedMs = 0)
    {
        _kind = kind;
        _askedMs = askedMs;
    }

    private enum Kind : byte
    {
        Alone,
        MayAsk,
        MustAsk,
        Answered,
    }

    /// <summary>On the view alone: what it cannot decide is denied, and recorded as denied.</summary>
    public static CheckBasis Alone => default;

    /// <summary>On the view; what it cannot decide (see <see cref="CheckNeed"/>, `check.needs_authority`) is not recorded, since the caller will ask.</summary>
    public static CheckBasis MayAsk => new(Kind.MayAsk);

    /// <summary>On the fabric's answer: unless the view denies the call, or is the fabric's own, `check.needs_authority`.</summary>
    public static CheckBasis MustAsk => new(Kind.MustAsk);

    internal bool IsAlone => _kind == Kind.Alone;

    internal bool IsPlain => _kind <= Kind.MayAsk;

    internal bool MustAskFirst => _kind == Kind.MustAsk;

    internal bool IsAnswered => _kind == Kind.Answered;

    internal long AskedMs => _askedMs;

    /// <summary>
    /// On the fabric's allowing answer to a question sent at this monotonic moment: it stands for the lease, for <see cref="CheckRules.AnswerValidMs"/>.
    /// The fabric has drawn the quotas and recorded the call. What the view has learnt since binds (R1).
    /// </summary>
    public static CheckBasis Answered(long askedMs) => new(Kind.Answered, askedMs);
}
