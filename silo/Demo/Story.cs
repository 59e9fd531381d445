using System.Diagnostics;
using Fabric.Client;
using Fabric.Client.Edges;
using Fabric.Contracts.Audit;
using Fabric.Contracts.Checks;
using Fabric.Contracts.Common;
using Fabric.Contracts.Credentials;
using Fabric.Contracts.Revocations;
using Fabric.Contracts.Sessions;
using Fabric.Contracts.Trust;
using Fabric.Core.Checks;
using Fabric.Core.Common;
using Fabric.Core.Scopes;

namespace Fabric.Silo.Demo;

/// <summary>The main job, end to end. Every sentence that it tells was checked.</summary>
internal sealed class Story(Cast cast, Narrator tell, CancellationToken cancellation)
{
    private static readonly ToolCall Search = new("flights.search", "call", "OSL", ActionClass.Read);
    private static readonly ToolCall BookFlight = new("flights.book", "call", "OSL", ActionClass.Write);
    private static readonly ToolCall CancelFlight = new("flights.cancel", "call", "OSL");
    private static readonly ToolCall SendMail = new("mail", "send", "jane", ActionClass.Write);
    private static readonly ToolCall BookHotel = new("hotels.book", "call", "OSL", ActionClass.Write);
    private static readonly TimeSpan CancelPatience = TimeSpan.FromSeconds(5);

    private readonly List<(string Holder, string Token, ToolCall Call)> _credentials = [];
    private SessionInfo _session = null!;
    private SessionInfo _partnerSession = null!;
    private CallHandle _running = null!;

    public async Task TellAsync()
    {
        Introduce();
        await ApproveAsync();
        await IssueAsync();
        await CheckAsync();
        await DelegateAsync();
        await CrossTenantsAsync();
        await BeginAsync();
        await OffboardAsync();
        await ProveAsync();
        await AuditAsync();
    }

    private void Introduce()
    {
        tell.Step("Who is who");
        tell.Expect(true, "tenant acme: user jane, her personal agent travel-bot, the shared agent mail-bot, the human approver omar");
        tell.Expect(true, "tenant globex: its own agent booking-bot");
        tell.Expect(cast.Edge.IsReady, "gateway-1, an enforcement point, follows the feed over a WebSocket and holds a lease");
    }

    private async Task ApproveAsync()
    {
        tell.Step("travel-bot asks for a session; a human approves it");
        _session = await cast.TravelBot.OpenSessionAsync(
            Cast.Acme,
            new OpenSession(Cast.Traveller, "book jane's trip to Oslo", [new ScopeDto("flights.*"), new ScopeDto("hotels.*"), new ScopeDto("mail", "send")], LifetimeSeconds: 3600),
            cancellation).OrThrow();
        tell.Expect(_session.Status == "requested", $"session {_session.Id[..8]}... for \"{_session.Purpose}\" is requested", _session.Status);
        Refused(await cast.TravelBot.IssueCredentialsAsync(_session.Id, new IssueCredentials(), cancellation), Codes.SessionNotApproved, "no credential before the approval");
        Refused(await cast.TravelBot.ApproveSessionAsync(_session.Id, new ApproveSession(), cancellation), Codes.Forbidden, "travel-bot cannot approve itself");
        _session = await cast.Omar.ApproveSessionAsync(_session.Id, new ApproveSession("trip is in the calendar"), cancellation).OrThrow();
        tell.Expect(_session.Status == "active", $"{_session.ApprovedBy} approved it", _session.Status);
    }

    private async Task IssueAsync()
    {
        tell.Step("travel-bot gets a credential");
        var issued = await cast.TravelBot.IssueCredentialsAsync(_session.Id, new IssueCredentials(LifetimeSeconds: 7 * 86_400), cancellation).OrThrow();
        tell.Expect(
            issued.Clamped is not null,
            $"asked for {issued.Clamped?.RequestedSeconds} s, got {issued.Clamped?.GrantedSeconds} s, limited by {issued.Clamped?.LimitedBy}: it never outlives its session");
        _credentials.Add(("travel-bot", issued.Credentials[0].Token, Search));
    }

    private async Task CheckAsync()
    {
        tell.Step("Every call is checked at the gateway");
        var token = _credentials[0].Token;
        Allowed(await DecideAsync(token, Search), "read    flights.search");
        Allowed(await DecideAsync(token, BookFlight), "write   flights.book");
        Allowed(await DecideAsync(token, CancelFlight), "destroy flights.cancel (the fabric itself was asked)");
        Denied(await DecideAsync(token, new ToolCall("payroll", "read", "", ActionClass.Read)), Codes.ScopeDenied, "payroll is out of scope");
        Denied(await DecideAsync(token[..^8] + "AAAAAAAA", Search), Codes.TokenSignature, "a token with another signature");
        const int looks = 100_000;
        var start = Stopwatch.GetTimestamp();
        var allowed = 0;
        for (var i = 0; i < looks; i++)
        {
            allowed += cast.Edge.Check(token, Search).Allowed ? 1 : 0;
        }
        tell.Expect(allowed == looks, $"{looks:N0} more checks took {Stopwatch.GetElapsedTime(start).TotalMilliseconds:N0} ms in this process, without asking anybody");
    }

    private async Task DelegateAsync()
    {
        tell.Step("travel-bot delegates a narrower part to mail-bot");
        Refused(
            await cast.TravelBot.DelegateSessionAsync(_session.Id, new DelegateSession(Cast.Mailer, "more than it has", [new ScopeDto("*")]), cancellation),
            Codes.ScopeExceeded, "it cannot hand on more than it has");
        var child = await cast.TravelBot.DelegateSessionAsync(
            _session.Id, new DelegateSession(Cast.Mailer, "send the itinerary", [new ScopeDto("mail", "send", MaxCalls: 2)]), cancellation).OrThrow();
        var token = await TokenAsync(cast.MailBot, child.Id);
        Allowed(await DecideAsync(token, SendMail), "mail-bot sends a mail");
        Allowed(await DecideAsync(token, SendMail), "and a second one");
        Denied(await DecideAsync(token, SendMail), Codes.QuotaExhausted, "but not a third: it got two calls");
        Denied(await DecideAsync(token, BookFlight), Codes.ScopeDenied, "and it books no flights");
        _credentials.Add(("mail-bot", token, SendMail));
    }

    private async Task CrossTenantsAsync()
    {
        tell.Step("and another part to booking-bot, of another tenant");
        var command = new DelegateSession(Cast.Booker, "book the hotel", [new ScopeDto("hotels.*")], Cast.Globex);
        Refused(await cast.TravelBot.DelegateSessionAsync(_session.Id, command, cancellation), Codes.TrustMissing, "not without an agreement of both tenants");
        var trust = await cast.AcmeAdmin.ProposeTrustAsync(
            Cast.Acme, new ProposeTrust(Cast.Globex, [new ScopeDto("hotels.*")], TimeProvider.System.GetUtcNow().AddDays(30)), cancellation).OrThrow();
        trust = await cast.GlobexAdmin.AcceptTrustAsync(Cast.Globex, trust.Id, cancellation).OrThrow();
        tell.Expect(trust.Status == "accepted", "acme offered a trust grant for hotels, globex accepted it", trust.Status);
        _partnerSession = await cast.TravelBot.DelegateSessionAsync(_session.Id, command, cancellation).OrThrow();
        var token = await TokenAsync(cast.BookingBot, _partnerSession.Id);
        Allowed(await DecideAsync(token, BookHotel), "booking-bot of globex books a hotel for jane of acme");
        _credentials.Add(("booking-bot", token, BookHotel));
    }

    private async Task BeginAsync()
    {
        tell.Step("A long call is under way");
        _running = await cast.Edge.BeginAsync(_credentials[^1].Token, BookHotel, cancellation: cancellation);
        tell.Expect(_running.Decision.Allowed && !_running.CancellationToken.IsCancellationRequested, "booking-bot's call runs", _running.CancelledBy);
        var radius = await cast.AcmeAdmin.RevokeAsync(new RevokeRequest(new NodeDto("user", Cast.Acme, Cast.Jane), DryRun: true), cancellation).OrThrow();
        tell.Expect(
            radius.BlastRadius is { Sessions: 3, Credentials: 3 },
            $"a dry run says what hangs on jane: {radius.BlastRadius?.Sessions} sessions, {radius.BlastRadius?.Credentials} credentials, tenants {string.Join(" and ", radius.BlastRadius?.Tenants ?? [])}");
    }

    private async Task OffboardAsync()
    {
        tell.Step("Jane leaves the company: one record takes it all back");
        var cancelled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = _running.CancellationToken.Register(cancelled.SetResult);
        var receipt = await cast.AcmeAdmin.OffboardUserAsync(Cast.Acme, Cast.Jane, new EndNode("left the company", "confirmed"), cancellation).OrThrow();
        tell.Expect(
            receipt.State == "confirmed",
            $"confirmed in {receipt.ConfirmedAfterMs:N1} ms: revision {receipt.Revision}; no enforcement point can allow any more", receipt.State);
        await cancelled.Task.WaitAsync(CancelPatience, cancellation);
        tell.Expect(_running.CancelledBy == Codes.UserRevoked, $"booking-bot's call was cancelled while it ran: {_running.CancelledBy}", _running.CancelledBy);
        _running.Dispose();
    }

    private async Task ProveAsync()
    {
        tell.Step("Every credential is dead, everywhere");
        foreach (var (holder, token, call) in _credentials)
        {
            Denied(await DecideAsync(token, call), Codes.UserRevoked, $"{holder} at the gateway");
            var answer = await cast.Operator.CheckAsync(new CheckRequest(token, call.Tool, call.Action, call.Resource, "read"), cancellation).OrThrow();
            tell.Expect(answer is { Allowed: false, Code: Codes.UserRevoked }, $"{holder} at the fabric: {answer.Code}", answer.Code);
        }
        var again = await cast.TravelBot.IssueCredentialsAsync(_session.Id, new IssueCredentials(), cancellation);
        tell.Expect(!again.IsOk, $"no new credential for travel-bot: {again.Rejection?.Code}");
        var partner = await cast.BookingBot.IssueCredentialsAsync(_partnerSession.Id, new IssueCredentials(), cancellation);
        tell.Expect(!partner.IsOk, $"nor for booking-bot: {partner.Rejection?.Code}");
    }

    private async Task AuditAsync()
    {
        tell.Step("The audit: who did what, for whom, under which task");
        await cast.Edge.FlushAsync(cancellation);
        foreach (var (tenant, agent, purpose, tool) in new[]
        {
            (Cast.Acme, Cast.Traveller, "book jane's trip to Oslo", "flights.search"),
            (Cast.Acme, Cast.Mailer, "send the itinerary", "mail"),
            (Cast.Globex, Cast.Booker, "book the hotel", "hotels.book"),
        })
        {
            var page = await cast.Operator.QueryAuditAsync(new AuditQuery(tenant, Agent: agent, Tool: tool, Limit: 1_000), cancellation).OrThrow();
            var line = page.Items.FirstOrDefault(each => each.Count > 0 && each.Reason is null && each.Tool == tool);
            tell.Expect(
                line is not null && line.Purpose == purpose,
                $"{tenant}/{agent} used {tool} {line?.Count:N0} times, for {line?.User ?? "nobody"}, task \"{line?.Purpose}\"{(line?.DelegatedFrom is null ? "" : ", delegated")}",
                $"{page.Items.Count} records");
        }
        var end = await cast.AcmeAdmin.QueryAuditAsync(new AuditQuery(Cast.Acme, User: Cast.Jane, Kind: "user.offboarded"), cancellation).OrThrow();
        tell.Expect(
            end.Items is [{ Reason: "left the company" }, ..], $"jane was offboarded by {(end.Items is [var record, ..] ? $"{record.By}: \"{record.Reason}\"" : "nobody")}");
    }

    private async Task<string> TokenAsync(Fabric.Client.Http.FabricHttpClient holder, string session) =>
        (await holder.IssueCredentialsAsync(session, new IssueCredentials(), cancellation).OrThrow()).Credentials[0].Token;

    private ValueTask<Decision> DecideAsync(string token, ToolCall call) => cast.Edge.CheckAsync(token, call, cancellation: cancellation);

    private void Allowed(in Decision decision, string what) =>
        tell.Expect(decision.Allowed, $"allowed  {what}  (revision {decision.Revision}, view {decision.StalenessMs} ms old)", decision.Code);

    private void Denied(in Decision decision, string code, string what) =>
        tell.Expect(!decision.Allowed && decision.Code == code, $"denied   {what}: {code}", decision.Code ?? "it was allowed");

    private void Refused<T>(Outcome<T> outcome, string code, string what) =>
        tell.Expect(outcome.Rejection?.Code == code, $"refused  {what}: {code}", outcome.Rejection?.ToString() ?? "it was accepted");
}
