using System.Text;
using Fabric.Contracts.Agents;
using Fabric.Contracts.Common;
using Fabric.Contracts.Revocations;
using Fabric.Contracts.Sessions;
using Fabric.Contracts.Users;
using Fabric.Core.Common;
using Fabric.Engine;
using Fabric.Engine.Notes;

namespace Fabric.Conformance.Suite;

/// <content>What stands behind the pages: redirect URIs, passwords, a user's own yes, and notes.</content>
public abstract partial class EngineSuite
{
    private static readonly NoteLimits Room = new(3, 1_000);

    [Fact]
    public async Task Users_are_found_by_their_ids_in_whatever_case()
    {
        foreach (var id in (string[])["Mia.Lane", "mia.lane", "MIA.LANE", "tom"])
        {
            Scene.Ok(await Scene.Admin.CreateUserAsync(Scene.Tenant, new CreateUser(id)));
        }

        Assert.Equal(["mia.lane", "MIA.LANE", "Mia.Lane"], Scene.Engine.UsersCalled(Scene.Tenant, "mia.lane"));
        Assert.Equal(["Mia.Lane", "mia.lane", "MIA.LANE"], Scene.Engine.UsersCalled(Scene.Tenant, "Mia.Lane"));
        Assert.Equal(["tom"], Scene.Engine.UsersCalled(Scene.Tenant, "TOM"));
        Assert.Empty(Scene.Engine.UsersCalled(Scene.Tenant, "mia.lan"));
        Assert.Empty(Scene.Engine.UsersCalled("nowhere", "tom"));
    }

    [Fact]
    public async Task Redirect_uris_are_set_by_administrators_alone_and_judged()
    {
        string[] uris = ["https://app.example/cb", "http://127.0.0.1/cb"];
        Scene.Refused(Codes.Forbidden, await Scene.AsAgent.SetAgentRedirectsAsync(Scene.Tenant, Scene.Agent, new SetAgentRedirects(uris)));
        Assert.Equal(uris, Scene.Ok(await Scene.Admin.SetAgentRedirectsAsync(Scene.Tenant, Scene.Agent, new SetAgentRedirects(uris))).RedirectUris);
        Scene.Refused(Codes.InvalidField, await Scene.Admin.SetAgentRedirectsAsync(Scene.Tenant, Scene.Agent, new SetAgentRedirects(["http://app.example/cb"])));
        Scene.Refused(Codes.InvalidField, await Scene.Admin.SetAgentRedirectsAsync(Scene.Tenant, Scene.Agent, new SetAgentRedirects([uris[0], uris[0]])));
        Scene.Refused(Codes.LimitReached, await Scene.Admin.SetAgentRedirectsAsync(
            Scene.Tenant, Scene.Agent, new SetAgentRedirects([.. Enumerable.Range(0, 17).Select(i => $"https://app.example/{i}")])));
        Scene.Refused(Codes.NotFound, await Scene.Admin.SetAgentRedirectsAsync(Scene.Tenant, "nobody", new SetAgentRedirects([])));
        Assert.Equal(uris, Scene.Ok(await Scene.AsAgent.GetAgentAsync(Scene.Tenant, Scene.Agent)).RedirectUris);
        Assert.Null(Scene.Ok(await Scene.Admin.SetAgentRedirectsAsync(Scene.Tenant, Scene.Agent, new SetAgentRedirects([]))).RedirectUris);
    }

    [Fact]
    [Trait("Invariant", "R1")]
    public async Task A_user_signs_in_by_a_password_until_it_is_taken_away_locked_or_offboarded()
    {
        const string password = "correct horse battery";
        Assert.Null(Scene.Engine.SignInOf(Scene.Tenant, Scene.User).SignIn);
        Scene.Refused(Codes.Forbidden, await Scene.AsAgent.SetUserSignInAsync(Scene.Tenant, Scene.User, new SetUserSignIn(password)));
        Scene.Refused(Codes.InvalidField, await Scene.Admin.SetUserSignInAsync(Scene.Tenant, Scene.User, new SetUserSignIn("short")));
        Scene.Refused(Codes.NotFound, await Scene.Admin.SetUserSignInAsync(Scene.Tenant, "nobody", new SetUserSignIn(password)));
        Assert.False(Scene.Ok(await Scene.Admin.SetUserSignInAsync(Scene.Tenant, Scene.User, new SetUserSignIn(password))).SignIn!.Approves);
        var standing = Scene.Engine.SignInOf(Scene.Tenant, Scene.User);
        Assert.True(standing.Refusal is null && UserPasswords.IsOf(password, standing.SignIn) && !UserPasswords.IsOf(password + "x", standing.SignIn));

        Scene.Ok(await Scene.Admin.LockAsync(new LockRequest(new NodeDto("user", Scene.Tenant, Scene.User), "look", DateTimeOffset.UtcNow.AddHours(1))));
        Assert.Equal(Codes.UserLocked, Scene.Engine.SignInOf(Scene.Tenant, Scene.User).Refusal?.Code);
        Scene.Ok(await Scene.Admin.UnlockAsync(new UnlockRequest(new NodeDto("user", Scene.Tenant, Scene.User), "fine")));
        Scene.Ok(await Scene.Admin.RevokeAsync(new RevokeRequest(new NodeDto("user", Scene.Tenant, Scene.User), Mode: "generation", Reason: "again")));
        Assert.NotEqual(standing.Generations, Scene.Engine.SignInOf(Scene.Tenant, Scene.User).Generations);
        Assert.Null(Scene.Ok(await Scene.Admin.SetUserSignInAsync(Scene.Tenant, Scene.User, new SetUserSignIn())).SignIn);
        Scene.Ok(await Scene.Admin.OffboardUserAsync(Scene.Tenant, Scene.User, new EndNode("left")));
        Assert.NotNull(Scene.Engine.SignInOf(Scene.Tenant, Scene.User).Refusal);
        Assert.Equal(Codes.Unauthenticated, Scene.Engine.SignInOf("nowhere", Scene.User).Refusal?.Code);
    }

    [Fact]
    [Trait("Invariant", "S1")]
    public async Task A_users_own_yes_is_an_approval_of_its_own_sessions_where_nobody_asks_for_another()
    {
        var (mia, omar) = (Scene.Engine.As(new Caller(Role.User, Scene.Tenant, Scene.User)), Scene.Engine.As(new Caller(Role.User, Scene.Tenant, "omar")));
        Scene.Ok(await Scene.Operator.CreateUserAsync(Scene.Tenant, new CreateUser("omar")));
        var session = Scene.Ok(await Scene.AsAgent.OpenSessionAsync(Scene.Tenant, new OpenSession(Scene.Agent, "book it", Scene.Wide, RequireApproval: true)));
        Scene.Refused(Codes.NotFound, await omar.ApproveSessionAsync(session.Id, new ApproveSession()));
        Scene.Refused(Codes.NotFound, await omar.DenySessionAsync(session.Id, new DenySession("no")));
        var approved = Scene.Ok(await mia.ApproveSessionAsync(session.Id, new ApproveSession("fine")));
        Assert.Equal(("active", $"user:{Scene.User}@{Scene.Tenant}"), (approved.Status, approved.ApprovedBy));
        Scene.Refused(Codes.SessionNotRequested, await mia.ApproveSessionAsync(session.Id, new ApproveSession()));

        Scene.Ok(await Scene.Operator.CreateAgentAsync(Scene.Tenant, new CreateAgent("careful", "personal", Scene.Wide, Owner: Scene.User, RequireApproval: true)));
        var careful = Scene.Engine.As(new Caller(Role.Agent, Scene.Tenant, "careful"));
        var waits = Scene.Ok(await careful.OpenSessionAsync(Scene.Tenant, new OpenSession("careful", "book it", Scene.Wide)));
        Scene.Refused(Codes.Forbidden, await mia.ApproveSessionAsync(waits.Id, new ApproveSession()));
        Scene.Ok(await Scene.Operator.SetUserSignInAsync(Scene.Tenant, Scene.User, new SetUserSignIn("correct horse battery", true)));
        var elsewhere = Scene.Engine.As(new Caller(Role.User, Scene.Tenant, Scene.User) { IsConsentOnly = true });
        Scene.Refused(Codes.Forbidden, await elsewhere.ApproveSessionAsync(waits.Id, new ApproveSession()));
        var free = Scene.Ok(await Scene.AsAgent.OpenSessionAsync(Scene.Tenant, new OpenSession(Scene.Agent, "book it", Scene.Wide, RequireApproval: true)));
        Assert.Equal("active", Scene.Ok(await elsewhere.ApproveSessionAsync(free.Id, new ApproveSession())).Status);
        Scene.Ok(await mia.ApproveSessionAsync(waits.Id, new ApproveSession()));

        // Whoever has made the user's password and the agent's key could say yes to itself.
        Scene.Ok(await Scene.Admin.SetUserSignInAsync(Scene.Tenant, Scene.User, new SetUserSignIn("correct horse battery", true)));
        Scene.Ok(await Scene.Admin.RotateAgentSecretAsync(Scene.Tenant, "careful"));
        var again = Scene.Ok(await Scene.Engine.As(new Caller(Role.Agent, Scene.Tenant, "careful")).OpenSessionAsync(Scene.Tenant, new OpenSession("careful", "book it", Scene.Wide)));
        Scene.Refused(Codes.ApprovalBySelf, await mia.ApproveSessionAsync(again.Id, new ApproveSession()));
        Scene.Ok(await mia.DenySessionAsync(again.Id, new DenySession("no")));
    }

    [Fact]
    [Trait("Invariant", "B1")]
    public async Task Notes_are_found_changed_once_listed_and_gone_with_their_time()
    {
        var (notes, now) = (Scene.Engine.Notes, Instant.From(DateTimeOffset.UtcNow));
        var note = new Note("acme", "kind", 7, "owner", "mia", now + TimeSpan.FromHours(1), Encoding.UTF8.GetBytes("one"));
        Assert.Null(await notes.AddAsync(note, Room));
        Assert.Equal(Codes.AlreadyExists, (await notes.AddAsync(note, Room))?.Code);
        var found = Scene.Ok(await notes.FindAsync("acme", "kind", 7))!;
        Assert.Equal(("owner", "mia", note.Until, "one"), (found.Owner, found.Subject, found.Until, Encoding.UTF8.GetString(found.Body.Span)));
        Assert.Null(Scene.Ok(await notes.FindAsync("globex", "kind", 7)));
        Assert.Null(Scene.Ok(await notes.FindAsync("acme", "other", 7)));
        Assert.Null(Scene.Ok(await notes.FindAsync("acme", "kind", 8)));

        var tries = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(() => notes.ReplaceAsync(found with { Body = Encoding.UTF8.GetBytes($"{i}") }).AsTask())));
        Assert.Single(tries, outcome => outcome.Value is not null);
        Assert.Equal(found.Version + 1, Scene.Ok(await notes.FindAsync("acme", "kind", 7))!.Version);
        Assert.Null(Scene.Ok(await notes.ReplaceAsync(found)));

        Assert.Null(await notes.AddAsync(note with { Name = 8 }, Room));
        Assert.Null(await notes.AddAsync(note with { Name = 9, Until = now - TimeSpan.FromSeconds(1) }, Room));
        Assert.Null(await notes.AddAsync(note with { Name = 10 }, Room));
        Assert.Equal(Codes.LimitReached, (await notes.AddAsync(note with { Name = 11 }, Room))?.Code);
        Assert.Null(await notes.AddAsync(note with { Name = 11, Owner = "other", Subject = null }, Room));
        Assert.Null(await notes.AddAsync(note with { Name = 12, Tenant = "globex" }, Room));
        Assert.Equal([7, 8, 10], Scene.Ok(await notes.ListAsync("acme", "kind", "mia", 10)).Select(each => (int)each.Name).Order());
        Assert.Equal(2, Scene.Ok(await notes.ListAsync("acme", "kind", "mia", 2)).Count);
        Assert.Null(Scene.Ok(await notes.FindAsync("acme", "kind", 9)));
        Assert.Null(await notes.AddAsync(note with { Name = 9, Owner = "third" }, Room));

        Assert.False(Scene.Ok(await notes.RemoveAsync("globex", "kind", 7)));
        Assert.True(Scene.Ok(await notes.RemoveAsync("acme", "kind", 7)));
        Assert.False(Scene.Ok(await notes.RemoveAsync("acme", "kind", 7)));
        Assert.Null(Scene.Ok(await notes.ReplaceAsync(found with { Version = found.Version + 1 })));
        Assert.Null(await notes.AddAsync(note with { Name = 13 }, Room));
    }
}
