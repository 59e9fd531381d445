namespace Fabric.Embedded.Storage;

/// <summary>Whether a store takes writes. <paramref name="Reason"/> is one lower-case sentence, empty while healthy; it never holds a secret.</summary>
public sealed record StorageHealth(bool IsHealthy, string Reason, DateTimeOffset Since)
{
    /// <summary>Takes writes.</summary>
    public static StorageHealth Green(DateTimeOffset since) => new(true, "", since);

    /// <summary>Does not take writes.</summary>
    public static StorageHealth Red(string reason, DateTimeOffset since) => new(false, reason, since);
}
