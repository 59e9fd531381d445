using System.Text.Json.Serialization;
using Fabric.Engine.Notes;
using Fabric.Silo.OAuth.Authorize;
using Fabric.Silo.OAuth.Backchannel;
using Fabric.Silo.OAuth.Interaction;
using Fabric.Silo.OAuth.Refresh;
using Fabric.Silo.OAuth.Registration;

namespace Fabric.Silo.OAuth;

/// <summary>All that the authorization server remembers, each kind with its limits (B1): of one client or user, and in all.</summary>
internal sealed class OAuthNotes(INoteStore notes)
{
    public NoteShelf<AuthorizationCode> Codes { get; } = new(notes, "oauth.code", new NoteLimits(1_000, 200_000), OAuthNoteJson.Default.AuthorizationCode);

    public NoteShelf<PushedRequest> Pushed { get; } = new(notes, "oauth.par", new NoteLimits(1_000, 200_000), OAuthNoteJson.Default.PushedRequest);

    public NoteShelf<RefreshFamily> Families { get; } = new(notes, "oauth.refresh", new NoteLimits(50_000, 2_000_000), OAuthNoteJson.Default.RefreshFamily);

    public NoteShelf<BackchannelRequest> Backchannel { get; } = new(notes, "oauth.ciba", new NoteLimits(1_000, 200_000), OAuthNoteJson.Default.BackchannelRequest);

    public NoteShelf<InitialToken> Initial { get; } = new(notes, "oauth.initial", new NoteLimits(InitialTokens.OfTenantMax, 100_000), OAuthNoteJson.Default.InitialToken);

    public NoteShelf<RegisteredClient> Clients { get; } = new(notes, "oauth.client", new NoteLimits(RegisteredClients.OfTenantMax, 1_000_000), OAuthNoteJson.Default.RegisteredClient);

    public NoteShelf<LoginSession> Logins { get; } = new(notes, "login", new NoteLimits(100, 2_000_000), OAuthNoteJson.Default.LoginSession);

    public NoteShelf<SignInAttempts> Attempts { get; } = new(notes, "login.attempts", new NoteLimits(50_000, 1_000_000), OAuthNoteJson.Default.SignInAttempts);
}

/// <summary>How notes are written.</summary>
[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault)]
[JsonSerializable(typeof(AuthorizationCode)), JsonSerializable(typeof(PushedRequest)), JsonSerializable(typeof(RefreshFamily)), JsonSerializable(typeof(BackchannelRequest))]
[JsonSerializable(typeof(LoginSession)), JsonSerializable(typeof(SignInAttempts)), JsonSerializable(typeof(InitialToken)), JsonSerializable(typeof(RegisteredClient))]
internal sealed partial class OAuthNoteJson : JsonSerializerContext;
