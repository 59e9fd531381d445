using Fabric.Client;
using Fabric.Contracts;
using Fabric.Contracts.Signals;
using Fabric.Engine;
using Fabric.Silo.OAuth;
using Fabric.Silo.Signals;
using Fabric.Silo.Tests.Engine;

namespace Fabric.Silo.Tests.Signals;

/// <summary>Polls of one stream beside each other, and beside what its receiver changes of it.</summary>
public sealed class SignalPollTests : IClassFixture<EngineServer>, IDisposable
{
    private readonly EngineServer _server;
    private readonly string _folder = Directory.CreateTempSubdirectory("fabric-polls-").FullName;
    private readonly FileSignalStore _store;
    private readonly SignalPoll _poll;
    private readonly IFabric _fabric;

    public SignalPollTests(EngineServer server)
    {
        (_server, _store, _fabric) = (server, new FileSignalStore(_folder), server.Engine.As(Caller.Fabric));
        _poll = new SignalPoll(_store, new SignalGather(new SignalToken(server.Engine, TimeProvider.System, new Issuers("https://fabric.local"))), TimeProvider.System);
    }

    public void Dispose()
    {
        _store.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    [Trait("Invariant", "R3")]
    public async Task A_poll_under_way_passes_over_nothing_that_its_receiver_has_asked_for_meanwhile(bool immediately)
    {
        var (office, before) = await StreamAsync(SignalEvents.AccountDisabled);
        await _store.UpdateAsync(before.Tenant, before.Id, now => now with { EventsRequested = SignalEvents.Supported }, CancellationToken.None);
        await _server.Operator.RotateAgentSecretAsync(office.Tenant, office.Agent).OrThrow();

        // It looked the stream up before the change, and at the events after it.
        var late = await PollAsync(before, immediately);
        Assert.Equal(immediately ? 0 : 1, late.Sets.Count);
        Assert.Single((await PollAsync(await NowAsync(before))).Sets);
    }

    [Fact]
    [Trait("Invariant", "R3")]
    public async Task A_poll_under_way_does_not_undo_that_its_receiver_disabled_the_stream_and_passes_over_no_subject_that_came_back()
    {
        var (office, before) = await StreamAsync([.. SignalEvents.Supported]);
        var removed = await _store.UpdateAsync(before.Tenant, before.Id, now => now with
        {
            Removed = [System.Text.Json.Nodes.JsonNode.Parse($$$"""{"format":"complex","application":{"format":"opaque","id":"{{{office.Agent}}}"}}""")!],
        }, CancellationToken.None);
        await _store.UpdateAsync(before.Tenant, before.Id, now => now with { Removed = [] }, CancellationToken.None);
        await _server.Operator.RotateAgentSecretAsync(office.Tenant, office.Agent).OrThrow();
        Assert.Empty((await PollAsync(removed!)).Sets);
        Assert.Single((await PollAsync(await NowAsync(before))).Sets);

        var enabled = await NowAsync(before);
        await _store.UpdateAsync(before.Tenant, before.Id, now => now with { Status = "disabled" }, CancellationToken.None);
        await PollAsync(enabled);
        Assert.Equal("disabled", (await NowAsync(before)).Status);
    }

    [Fact]
    [Trait("Invariant", "R3")]
    public async Task Two_polls_at_once_forget_none_of_each_others_acknowledgements()
    {
        var (office, before) = await StreamAsync([.. SignalEvents.Supported]);
        for (var i = 0; i < 3; i++)
        {
            await _server.Operator.RotateAgentSecretAsync(office.Tenant, office.Agent).OrThrow();
        }
        var told = (await PollAsync(before)).Sets.Keys.ToList();
        Assert.Equal(3, told.Count);
        var now = await NowAsync(before);
        await PollAsync(now, true, told[1]);
        await PollAsync(now, true, told[2]);
        Assert.Equal([told[0]], (await PollAsync(await NowAsync(before))).Sets.Keys);
        Assert.Empty((await PollAsync(now, true, told[0])).Sets);
    }

    [Fact]
    [Trait("Invariant", "B1")]
    public async Task Of_two_polls_that_wait_the_one_before_is_answered_and_the_other_hears_what_comes()
    {
        var (office, stream) = await StreamAsync([.. SignalEvents.Supported]);
        var polls = new List<Task<SsfPollAnswer>> { PollAsync(stream, immediately: false), PollAsync(stream, immediately: false) };
        var relieved = await Task.WhenAny(polls).WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Empty((await relieved).Sets);
        polls.Remove(relieved);
        await _server.Operator.RotateAgentSecretAsync(office.Tenant, office.Agent).OrThrow();
        Assert.Single((await polls[0]).Sets);
    }

    [Fact]
    public async Task An_acknowledgement_of_nothing_is_passed_over()
    {
        var (_, before) = await StreamAsync([.. SignalEvents.Supported]);
        Assert.Empty((await PollAsync(before, true, null!, "", before.Id, "x" + new string('y', 5_000))).Sets);
        Assert.Empty((await NowAsync(before)).Acknowledged);
    }

    private async Task<(Office Office, SignalStream Stream)> StreamAsync(params string[] events)
    {
        var office = await Office.OpenAsync(_server);
        var begin = await _fabric.PullChangesAsync(new(Contracts.Changes.ChangeQuery.Now, office.Tenant)).OrThrow();
        var stream = new SignalStream
        {
            Id = Guid.NewGuid().ToString("n"), Tenant = office.Tenant, Receiver = "auditor:siem", Audience = "siem", Cursor = begin.Next, EventsRequested = events,
        };
        await _store.AddAsync(stream, CancellationToken.None);
        return (office, stream);
    }

    private async Task<SsfPollAnswer> PollAsync(SignalStream stream, bool immediately = true, params string[] ack) =>
        await _poll.AnswerAsync(_fabric, stream, new SsfPoll(ReturnImmediately: immediately, Ack: ack), CancellationToken.None).OrThrow();

    private async Task<SignalStream> NowAsync(SignalStream stream) => (await _store.FindAsync(stream.Tenant, stream.Id, CancellationToken.None))!;
}
