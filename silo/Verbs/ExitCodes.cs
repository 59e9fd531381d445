namespace Fabric.Silo.Verbs;

/// <summary>What the process ends with.</summary>
internal static class ExitCodes
{
    public const int Ok = 0;

    /// <summary>It did not work: the message says why.</summary>
    public const int Failed = 1;

    /// <summary>The configuration does not hold.</summary>
    public const int BadConfiguration = 2;

    /// <summary>The silo has left its cluster by itself, because it was cut off from others: start it again (EX_TEMPFAIL of sysexits.h).</summary>
    public const int StartAgain = 75;
}
