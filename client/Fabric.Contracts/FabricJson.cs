using System.Text.Json;
using System.Text.Json.Serialization;
using Fabric.Contracts.Agents;
using Fabric.Contracts.Audit;
using Fabric.Contracts.AuthZen;
using Fabric.Contracts.Changes;
using Fabric.Contracts.Checks;
using Fabric.Contracts.Common;
using Fabric.Contracts.Credentials;
using Fabric.Contracts.Health;
using Fabric.Contracts.Issuers;
using Fabric.Contracts.Keys;
using Fabric.Contracts.Registrations;
using Fabric.Contracts.Revocations;
using Fabric.Contracts.Sessions;
using Fabric.Contracts.Signals;
using Fabric.Contracts.Tenants;
using Fabric.Contracts.Trust;
using Fabric.Contracts.Users;

namespace Fabric.Contracts;

/// <summary>How every wire type is written: camelCase, nulls left out, source-generated.</summary>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    NumberHandling = JsonNumberHandling.Strict,
    MaxDepth = FabricJson.DepthMax,
    AllowDuplicateProperties = false,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(CreateTenant)), JsonSerializable(typeof(UpdateTenant)), JsonSerializable(typeof(TenantInfo)), JsonSerializable(typeof(Page<TenantInfo>))]
[JsonSerializable(typeof(CreateUser)), JsonSerializable(typeof(UpdateUser)), JsonSerializable(typeof(UserInfo)), JsonSerializable(typeof(Page<UserInfo>))]
[JsonSerializable(typeof(CreateAgent)), JsonSerializable(typeof(AgentInfo)), JsonSerializable(typeof(AgentWithSecret)), JsonSerializable(typeof(Page<AgentInfo>))]
[JsonSerializable(typeof(SuspendAgent)), JsonSerializable(typeof(TransferAgent)), JsonSerializable(typeof(ReviewAgent)), JsonSerializable(typeof(SetAgentKeys))]
[JsonSerializable(typeof(SetAgentRedirects)), JsonSerializable(typeof(SetUserSignIn))]
[JsonSerializable(typeof(ProposeTrust)), JsonSerializable(typeof(TrustInfo)), JsonSerializable(typeof(Page<TrustInfo>))]
[JsonSerializable(typeof(PutSignalPoll)), JsonSerializable(typeof(SignalPollInfo))]
[JsonSerializable(typeof(PutIssuer)), JsonSerializable(typeof(IssuerInfo)), JsonSerializable(typeof(Page<IssuerInfo>))]
[JsonSerializable(typeof(OpenSession)), JsonSerializable(typeof(DelegateSession)), JsonSerializable(typeof(ApproveSession)), JsonSerializable(typeof(DenySession))]
[JsonSerializable(typeof(SessionInfo)), JsonSerializable(typeof(Page<SessionInfo>))]
[JsonSerializable(typeof(IssueCredentials)), JsonSerializable(typeof(IssuedCredentials))]
[JsonSerializable(typeof(CheckRequest)), JsonSerializable(typeof(CheckBatch)), JsonSerializable(typeof(CheckAnswer)), JsonSerializable(typeof(CheckAnswers))]
[JsonSerializable(typeof(AccessEvaluation)), JsonSerializable(typeof(AccessDecision)), JsonSerializable(typeof(AccessEvaluations)), JsonSerializable(typeof(AccessAnswers))]
[JsonSerializable(typeof(AccessSearch)), JsonSerializable(typeof(AccessSearchResults)), JsonSerializable(typeof(AuthZenConfiguration))]
[JsonSerializable(typeof(SsfConfiguration)), JsonSerializable(typeof(SsfStreamRequest)), JsonSerializable(typeof(SsfStreamInfo)), JsonSerializable(typeof(IReadOnlyList<SsfStreamInfo>))]
[JsonSerializable(typeof(SsfStatus)), JsonSerializable(typeof(SsfSubject)), JsonSerializable(typeof(SsfVerification)), JsonSerializable(typeof(SsfPoll)), JsonSerializable(typeof(SsfPollAnswer))]
[JsonSerializable(typeof(RevokeRequest)), JsonSerializable(typeof(Receipt)), JsonSerializable(typeof(LockRequest)), JsonSerializable(typeof(UnlockRequest))]
[JsonSerializable(typeof(LockInfo)), JsonSerializable(typeof(Page<LockInfo>)), JsonSerializable(typeof(EndNode))]
[JsonSerializable(typeof(Change)), JsonSerializable(typeof(ChangePage)), JsonSerializable(typeof(ChangeQuery))]
[JsonSerializable(typeof(AuditEntry)), JsonSerializable(typeof(Page<AuditEntry>)), JsonSerializable(typeof(UsageReport))]
[JsonSerializable(typeof(MakeApiKey)), JsonSerializable(typeof(ApiKeyInfo)), JsonSerializable(typeof(ApiKeyWithSecret)), JsonSerializable(typeof(Page<ApiKeyInfo>))]
[JsonSerializable(typeof(MakeRegistrationToken)), JsonSerializable(typeof(RegistrationTokenInfo)), JsonSerializable(typeof(RegistrationTokenWithSecret))]
[JsonSerializable(typeof(Page<RegistrationTokenInfo>)), JsonSerializable(typeof(Page<RegisteredClientInfo>))]
[JsonSerializable(typeof(JsonWebKeySetDto)), JsonSerializable(typeof(Problem)), JsonSerializable(typeof(UsageReceipt)), JsonSerializable(typeof(HealthInfo))]
public sealed partial class FabricJson : JsonSerializerContext
{
    /// <summary>How deep a body may be nested (B1).</summary>
    public const int DepthMax = 32;

    /// <summary>
    /// For answers, as clients read them: what is null was left out, and fields that a newer fabric adds are passed over.
    /// </summary>
    public static FabricJson Answers => Lenient.Json;

    // A class of its own: it is set up after `Default`, whichever file the compiler takes first.
    private static class Lenient
    {
        public static readonly FabricJson Json = new(new JsonSerializerOptions(Default.Options!) { RespectRequiredConstructorParameters = false });
    }
}
