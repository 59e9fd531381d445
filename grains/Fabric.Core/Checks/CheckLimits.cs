namespace Fabric.Core.Checks;

/// <summary>The bounds of a check pipeline's memory (B1).</summary>
/// <param name="TokensMax">Verified tokens kept, 1 to <see cref="TokensMost"/>.</param>
/// <param name="TokenBytesMax">Bytes that they may take, as estimated from the tokens' lengths.</param>
public sealed record CheckLimits(int TokensMax = 200_000, long TokenBytesMax = 256L * 1024 * 1024)
{
    /// <summary>The most that <see cref="TokensMax"/> may be.</summary>
    public const int TokensMost = 10_000_000;

    /// <summary>The default bounds.</summary>
    public static readonly CheckLimits Default = new();
}
