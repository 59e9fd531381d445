namespace Fabric.Engine;

/// <summary>One part's state. <paramref name="Reason"/> is null when it is well.</summary>
public sealed record HealthPart(string Name, bool Ok, string? Reason);

/// <summary>The engine's state: what stands in `healthz`. Issuance stops while a part is not ok; revocation never does.</summary>
public sealed record EngineHealth(bool Ready, IReadOnlyList<HealthPart> Parts)
{
    /// <summary>Whether all parts are well.</summary>
    public bool Ok => Ready && Parts.All(part => part.Ok);
}
