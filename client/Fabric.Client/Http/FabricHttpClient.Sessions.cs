using Fabric.Contracts.Agents;
using Fabric.Contracts.Checks;
using Fabric.Contracts.Common;
using Fabric.Contracts.Credentials;
using Fabric.Contracts.Revocations;
using Fabric.Contracts.Sessions;
using Fabric.Core.Common;

namespace Fabric.Client.Http;

public sealed partial class FabricHttpClient
{
    /// <inheritdoc/>
    public ValueTask<Outcome<AgentWithSecret>> CreateAgentAsync(string tenant, CreateAgent command, CancellationToken cancellation = default) =>
        _wire.SendAsync(HttpCall.Post(Tenant(tenant) + "/agents", command, Json.CreateAgent), Json.AgentWithSecret, cancellation);

    /// <inheritdoc/>
    public ValueTask<Outcome<AgentInfo>> GetAgentAsync(string tenant, string agent, CancellationToken cancellation = default) =>
        _wire.SendAsync(HttpCall.Get(Agent(tenant, agent)), Json.AgentInfo, cancellation);

    /// <inheritdoc/>
    public ValueTask<Outcome<Page<AgentInfo>>> ListAgentsAsync(string tenant, PageQuery query, CancellationToken cancellation = default) =>
        _wire.SendAsync(List(Tenant(tenant) + "/agents", query), Json.PageAgentInfo, cancellation);

    /// <inheritdoc/>
    public ValueTask<Outcome<Receipt>> SuspendAgentAsync(string tenant, string agent, SuspendAgent command, CancellationToken cancellation = default) =>
        _wire.SendAsync(HttpCall.Post(Agent(tenant, agent) + "/suspend", command, Json.SuspendAgent), Json.Receipt, cancellation);

    /// <inheritdoc/>
    public ValueTask<Outcome<Receipt>> ResumeAgentAsync(string tenant, string agent, CancellationToken cancellation = default) =>
        _wire.SendAsync(HttpCall.Post(Agent(tenant, agent) + "/resume"), Json.Receipt, cancellation);

    /// <inheritdoc/>
    public ValueTask<Outcome<Receipt>> RetireAgentAsync(string tenant, string agent, EndNode command, CancellationToken cancellation = default) =>
        _wire.SendAsync(HttpCall.Post(Agent(tenant, agent) + "/retire", command, Json.EndNode), Json.Receipt, cancellation);

    /// <inheritdoc/>
    public ValueTask<Outcome<AgentWithSecret>> RotateAgentSecretAsync(string tenant, string agent, CancellationToken cancellation = default) =>
        _wire.SendAsync(HttpCall.Post(Agent(tenant, agent) + "/rotate-secret"), Json.AgentWithSecret, cancellation);

    /// <inheritdoc/>
    public ValueTask<Outcome<AgentInfo>> SetAgentKeysAsync(string tenant, string agent, SetAgentKeys command, CancellationToken cancellation = default) =>
        _wire.SendAsync(HttpCall.Put(Agent(tenant, agent) + "/keys", command, Json.SetAgentKeys), Json.AgentInfo, cancellation);

    /// <inheritdoc/>
    public ValueTask<Outcome<AgentInfo>> SetAgentRedirectsAsync(string tenant, string agent, SetAgentRedirects command, CancellationToken cancellation = default) =>
        _wire.SendAsync(HttpCall.Put(Agent(tenant, agent) + "/redirect-uris", command, Json.SetAgentRedirects), Json.AgentInfo, cancellation);

    /// <inheritdoc/>
    public ValueTask<Outcome<AgentInfo>> TransferAgentAsync(string tenant, string agent, TransferAgent command, CancellationToken cancellation = default) =>
        _wire.SendAsync(HttpCall.Post(Agent(tenant, agent) + "/transfer", command, Json.TransferAgent), Json.AgentInfo, cancellation);

    /// <inheritdoc/>
    public ValueTask<Outcome<AgentInfo>> ReviewAgentAsync(string tenant, string agent, ReviewAgent command, CancellationToken cancellation = default) =>
        _wire.SendAsync(HttpCall.Post(Agent(tenant, agent) + "/review", command, Json.ReviewAgent), Json.AgentInfo, cancellation);

    /// <inheritdoc/>
    public ValueTask<Outcome<SessionInfo>> OpenSessionAsync(string tenant, OpenSession command, CancellationToken cancellation = default) =>
        _wire.SendAsync(HttpCall.Post(Tenant(tenant) + "/sessions", command, Json.OpenSession), Json.SessionInfo, cancellation);

    /// <inheritdoc/>
    public ValueTask<Outcome<SessionInfo>> GetSessionAsync(string session, CancellationToken cancellation = default) =>
        _wire.SendAsync(HttpCall.Get(Session(session)), Json.SessionInfo, cancellation);

    /// <inheritdoc/>
    public ValueTask<Outcome<Page<SessionInfo>>> ListSessionsAsync(SessionQuery query, CancellationToken cancellation = default)
    {
        var path = new UrlText(Tenant(query.Ancestor.Tenant) + "/sessions")
            .With("ancestor", query.Ancestor).With("status", query.Status).Page(query.Cursor, query.Limit);
        return _wire.SendAsync(HttpCall.Get(path.ToString()), Json.PageSessionInfo, cancellation);
    }

    /// <inheritdoc/>
    public ValueTask<Outcome<SessionInfo>> ApproveSessionAsync(string session, ApproveSession command, CancellationToken cancellation = default) =>
        _wire.SendAsync(HttpCall.Post(Session(session) + "/approve", command, Json.ApproveSession), Json.SessionInfo, cancellation);

    /// <inheritdoc/>
    public ValueTask<Outcome<SessionInfo>> DenySessionAsync(string session, DenySession command, CancellationToken cancellation = default) =>
        _wire.SendAsync(HttpCall.Post(Session(session) + "/deny", command, Json.DenySession), Json.SessionInfo, cancellation);

    /// <inheritdoc/>
    public ValueTask<Outcome<Receipt>> CompleteSessionAsync(string session, CancellationToken cancellation = default) =>
        _wire.SendAsync(HttpCall.Post(Session(session) + "/complete"), Json.Receipt, cancellation);

    /// <inheritdoc/>
    public ValueTask<Outcome<SessionInfo>> DelegateSessionAsync(string session, DelegateSession command, CancellationToken cancellation = default) =>
        _wire.SendAsync(HttpCall.Post(Session(session) + "/delegations", command, Json.DelegateSession), Json.SessionInfo, cancellation);

    /// <inheritdoc/>
    public ValueTask<Outcome<IssuedCredentials>> IssueCredentialsAsync(string session, IssueCredentials command, CancellationToken cancellation = default) =>
        _wire.SendAsync(HttpCall.Post(Session(session) + "/credentials", command, Json.IssueCredentials), Json.IssuedCredentials, cancellation);

    /// <inheritdoc/>
    /// <remarks>Is repeated after a failure; a call that counts against a quota can then count twice, never less than once.</remarks>
    public ValueTask<Outcome<CheckAnswer>> CheckAsync(CheckRequest request, CancellationToken cancellation = default) =>
        _wire.SendAsync(HttpCall.Post("/v1/check", request, Json.CheckRequest, isRepeatable: true), Json.CheckAnswer, cancellation);

    /// <inheritdoc/>
    public ValueTask<Outcome<CheckAnswers>> CheckManyAsync(CheckBatch batch, CancellationToken cancellation = default) =>
        _wire.SendAsync(HttpCall.Post("/v1/check", batch, Json.CheckBatch, isRepeatable: true), Json.CheckAnswers, cancellation);

    private static string Agent(string tenant, string agent) => $"{Tenant(tenant)}/agents/{UrlText.Segment(agent)}";

    private static string Session(string session) => "/v1/sessions/" + UrlText.Segment(session);
}
