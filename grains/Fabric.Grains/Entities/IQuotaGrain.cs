namespace Fabric.Grains.Entities;

/// <summary>A counter that calls draw from. Key: its handle. It is activated by the first draw, not by issuance.</summary>
[Alias("fabric.quota")]
public interface IQuotaGrain : IGrainWithStringKey
{
    /// <summary>Draws up to so many units, durably before it answers, for one run of an enforcement point.</summary>
    [Alias("take")]
    Task<Wire.QuotaReply> TakeAsync(string drawer, long want);

    /// <summary>Gives unused units back.</summary>
    [Alias("return")]
    Task ReturnAsync(string drawer, long units, long window);
}
