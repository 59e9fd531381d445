namespace Fabric.LoadTests.Model;

/// <summary>Something that there is only so much of: which share of it is in use without any revocation, and what each revocation a second adds.</summary>
internal sealed record ModelLimit(string Name, double Fixed, double PerRevocation)
{
    /// <summary>The share in use at so many revocations a second; 1: all of it.</summary>
    public double UsedAt(double revocationsPerSecond) => Fixed + (PerRevocation * revocationsPerSecond);

    /// <summary>How many revocations a second use all of it; 0 when it is used up without any, infinite when they use none of it.</summary>
    public double RevocationsMax => Fixed >= 1 ? 0 : PerRevocation > 0 ? (1 - Fixed) / PerRevocation : double.PositiveInfinity;
}
