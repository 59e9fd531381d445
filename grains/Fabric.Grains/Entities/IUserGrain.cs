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

    /// <summary>Sets what it signs in with. <paramref name="signIn"/>: the event that would do so, as the journal writes it.</summary>
    [Alias("set-sign-in")]
    Task<Reply> SetSignInAsync(string by, byte[] signIn);
}
