using Fabric.Grains.Wire;

namespace Fabric.Grains.Sessions;

/// <summary>A session. Key: its id, 32 hex digits.</summary>
[Alias("fabric.session")]
public interface ISessionGrain : IGrainWithStringKey
{
    /// <summary>Opens it.</summary>
    [Alias("open")]
    Task<SessionReply> OpenAsync(OpenCommand command);

    /// <summary>It as it stands; refusal `node.not_found`.</summary>
    [Alias("get")]
    Task<SessionReply> GetAsync();

    /// <summary>Approves it while it waits.</summary>
    [Alias("approve")]
    Task<SessionReply> ApproveAsync(string by, string? note, long? lifetimeMs, long sequence);

    /// <summary>Approves it while it waits, by the word of the user whom it is for.</summary>
    [Alias("consent")]
    Task<SessionReply> ConsentAsync(string by, string user, string? note, long? lifetimeMs, long sequence);

    /// <summary>The same, where the word is a consent and never an approval: the user has signed in at an issuer.</summary>
    [Alias("consent-only")]
    Task<SessionReply> ConsentOnlyAsync(string by, string user, string? note, long? lifetimeMs, long sequence);

    /// <summary>Denies it while it waits.</summary>
    [Alias("deny")]
    Task<SessionReply> DenyAsync(string by, string reason);

    /// <summary>Ends it because the task is done.</summary>
    [Alias("complete")]
    Task<Reply> CompleteAsync(string by, bool isHeld);

    /// <summary>Revokes it, known or not. <paramref name="tenant"/>: whose it is said to be.</summary>
    [Alias("end")]
    Task<Reply> EndAsync(string tenant, EndCommand command);

    /// <summary>Issues credentials.</summary>
    [Alias("issue")]
    Task<IssueReply> IssueAsync(IssueCommand command);

    /// <summary>Notes that it has expired, or that something in its lineage was revoked. Nothing when it has not.</summary>
    [Alias("settle")]
    Task SettleAsync();

    /// <summary>A refusal is written to the audit (A1) with what this session is about.</summary>
    [Alias("refused")]
    Task RefusedAsync(string by, string command, string code);
}
