using Fabric.Grains.Wire;

namespace Fabric.Grains.Entities;

/// <summary>An agent. Key: `TENANT/AGENT`.</summary>
[Alias("fabric.agent")]
public interface IAgentGrain : IGrainWithStringKey
{
    /// <summary>Registers it.</summary>
    [Alias("register")]
    Task<Reply> RegisterAsync(RegisterAgentCommand command);

    /// <summary>Gives it a new secret, by its hash.</summary>
    [Alias("rotate-secret")]
    Task<Reply> RotateSecretAsync(string by, byte[] secretHash);

    /// <summary>Replaces its public keys. <paramref name="keys"/>: the event that would do so, as the journal writes it.</summary>
    [Alias("set-keys")]
    Task<Reply> SetKeysAsync(string by, byte[] keys);

    /// <summary>Replaces its redirect URIs.</summary>
    [Alias("set-redirects")]
    Task<Reply> SetRedirectsAsync(string by, string[] uris);

    /// <summary>Gives it another owner.</summary>
    [Alias("transfer")]
    Task<Reply> TransferAsync(string by, string owner);

    /// <summary>Records a review.</summary>
    [Alias("review")]
    Task<Reply> ReviewAsync(string by, long nextReviewMs);
}
