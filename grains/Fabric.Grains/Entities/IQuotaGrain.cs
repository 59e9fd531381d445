namespace Fabric.Grains.Entities;

/// <summary>A counter that calls draw from. Key: its handle. It is activated by the first draw, not by issuance.</summary>
[Alias("fabric.quota")]
public interface IQuotaGrain : IGrainWithStringKey
{
    /// <summary>Draws up to so many units, durably before it answers.</summary>
    [Alias("take")]
    Task<Wire.QuotaReply> TakeAsync(long want);

    /// <summary>Gives unused units back.</summary>
    [Alias("return")]
    Task ReturnAsync(long units, long window);
}
