using Fabric.Grains.Wire;

namespace Fabric.Grains.Entities;

/// <summary>A user. Key: `TENANT/USER`.</summary>
[Alias("fabric.user")]
public interface IUserGrain : IGrainWithStringKey
{
    /// <summary>Registers it.</summary>
    [Alias("register")]
    Task<Reply> RegisterAsync(string by, string? name, string[] groups);

    /// <summary>Changes it; null stays.</summary>
    [Alias("amend")]
    Task<Reply> AmendAsync(string by, string? name, string[]? groups);
}
