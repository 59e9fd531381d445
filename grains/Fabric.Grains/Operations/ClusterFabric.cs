using Fabric.Contracts;
using Fabric.Contracts.Common;
using Fabric.Core.Common;
using Fabric.Core.Index;
using Fabric.Core.Lineages;
using Fabric.Core.Sessions;
using Fabric.Engine;
using Fabric.Grains.Directory;
using Fabric.Grains.Entities;
using Fabric.Grains.Feed;
using Fabric.Grains.Sessions;
using Fabric.Grains.Wire;
using Orleans.Serialization;

namespace Fabric.Grains.Operations;

/// <summary>
/// The cluster engine for one caller, on one silo: who may do what (T1) is decided here, what it does by the entity's grain. Lists and reads of the directory come from
/// the silo's copy, which has applied everything that this silo has answered. A part a subject.
/// </summary>
internal sealed partial class ClusterFabric(ClusterEngine engine, Caller caller) : IFabric
{
    private const Role Admins = Role.Operator | Role.TenantAdmin;
    private const Role Readers = Admins | Role.Auditor | Role.Approver;

    // An entity that has gone on elsewhere decides again on what it reads then.
    private const int TriesMax = 4;

    private ClusterParts Parts => engine.Parts;

    private FabricDirectory Directory => engine.Parts.Directory;

    private Relay Relay => engine.Parts.Relay;

    private IGrainFactory Grains => engine.Grains;

    private Instant Now => engine.Parts.Now;

    // Counted on this silo's copy: some more may come to be at the same moment on others.
    private CountLimits Counts => engine.Parts.Options.Counts;

    private ulong Revision => engine.Parts.Relay.Hub.Head;

    private ITenantGrain TenantGrain(string tenant) => Grains.GetGrain<ITenantGrain>(tenant);

    private IUserGrain UserGrain(string tenant, string user) => Grains.GetGrain<IUserGrain>($"{tenant}/{user}");

    private IAgentGrain AgentGrain(string tenant, string agent) => Grains.GetGrain<IAgentGrain>($"{tenant}/{agent}");

    private ISessionGrain SessionGrain(UInt128 id) => Grains.GetGrain<ISessionGrain>(Names.FormatId(id));

    // INVARIANT T1: another tenant's nodes do not exist for a caller that is bound to one.
    private Rejection? Refuse(Role allowed, string? tenant, string? subject = null)
    {
        if ((caller.Role & allowed) == 0)
        {
            return new Rejection(Codes.Forbidden, Caller.NameOf(caller.Role), "the caller's role does not allow this");
        }

        return caller.Tenant is not null && caller.Tenant != tenant ? Missing(subject ?? tenant ?? "") : null;
    }

    private static Rejection Missing(string subject) => new(Codes.NotFound, subject, "the node does not exist");

    // A grain that is moving, or that decided on what is old, is asked again. A command that may have been done is not: its answer says so.
    private async ValueTask<Outcome<Reply>> AskAsync(Func<Task<Reply>> call)
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                var reply = await call().ConfigureAwait(false);
                if (reply.Rejection is not { } refused)
                {
                    await AppliedAsync(reply.Sequence).ConfigureAwait(false);
                    return reply;
                }

                if (refused != LogClient.Conflict || tries == TriesMax)
                {
                    return refused;
                }
            }
            catch (Exception error) when (IsTransient(error) && error is not (TimeoutException or CodecNotFoundException) && tries < TriesMax)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(100 * tries), Parts.Time).ConfigureAwait(false);
            }
            catch (Exception error) when (IsTransient(error) || error is OperationCanceledException)
            {
                // Nobody here cancels: it is Orleans, for a call that found no silo in its time.
                return LogClient.Unavailable;
            }
        }
    }

    // The message did not get to a grain (a silo is gone, or this one was given up), or the grain could not start: nothing was done by it. One that timed out may have been done, and so may one
    // that ended with what cannot travel.
    private static bool IsTransient(Exception error) =>
        error is Orleans.Runtime.OrleansException or TimeoutException or Npgsql.NpgsqlException or FeedLogLostException or CodecNotFoundException;

    // Whoever is answered by this silo finds here what the answer says, also when the grain was on another.
    private async ValueTask AppliedAsync(long sequence)
    {
        try
        {
            await Relay.WaitAsync(sequence).WaitAsync(TimeSpan.FromSeconds(5), Parts.Time).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // It is durable; this silo has lost its lease by then, and allows nothing.
        }
    }

    // The answer is read from the directory, once it has applied the change.
    private async ValueTask<Outcome<T>> ChangedAsync<T>(Func<Task<Reply>> call, Func<ulong, T> answer)
    {
        var asked = await AskAsync(call).ConfigureAwait(false);
        if (!asked.IsOk)
        {
            return asked.Rejection;
        }

        var revision = await RevisionOfAsync(asked.Value).ConfigureAwait(false);
        lock (Directory.Gate)
        {
            return answer(revision);
        }
    }

    // Null when the caller may see the session.
    private async ValueTask<Outcome<SessionRow>> FindAsync(string session, Role allowed)
    {
        if ((caller.Role & allowed) == 0)
        {
            return Refuse(allowed, caller.Tenant)!;
        }

        if (Names.ParseId(session) is not { } id)
        {
            return Missing(session);
        }

        var found = await ReadAsync(id).ConfigureAwait(false);
        if (!found.IsOk)
        {
            return found.Rejection.Code == Codes.NotFound ? Missing(session) : found.Rejection;
        }

        var state = found.Value.State;
        return Refuse(allowed, state.Tenant, session) is { } refused ? refused
            : caller.Role == Role.Agent && caller.Subject != state.Agent ? Missing(session)
            : caller.Role == Role.User && (caller.Subject != state.User || caller.Tenant != state.UserTenant) ? Missing(session) : found.Value;
    }

    private async ValueTask<Outcome<SessionRow>> ReadAsync(UInt128 id)
    {
        SessionReply reply = default;
        var asked = await AskAsync(async () => (reply = await SessionGrain(id).GetAsync().ConfigureAwait(false)).Reply).ConfigureAwait(false);
        return asked.IsOk ? SessionRow.Read(reply.Row, reply.Credentials) : asked.Rejection;
    }

    private SessionStatus StatusOf(SessionState state, Instant now)
    {
        if (!state.IsLive)
        {
            return state.Status;
        }

        if (state.ExpiresAt <= now)
        {
            return SessionStatus.Expired;
        }

        var verdict = state.CheckLineage(Relay.Index, now);
        return verdict is { Dead: true, Locked: false } ? SessionStatus.Revoked : state.Status;
    }

    // Pages by name: the cursor is the last name of the page before.
    private static Page<T> PageOf<TEntry, T>(
        SortedDictionary<string, TEntry> entries, PageQuery query, Func<TEntry, bool> visible, Func<TEntry, T> map)
    {
        var items = new List<T>();
        string? last = null;
        foreach (var (name, entry) in entries)
        {
            if ((query.Cursor is { } cursor && string.CompareOrdinal(name, cursor) <= 0) || !visible(entry))
            {
                continue;
            }

            if (items.Count == query.Limit)
            {
                return new Page<T>(items, last);
            }

            items.Add(map(entry));
            last = name;
        }

        return new Page<T>(items, null);
    }

    private bool IsRevoked(Handle handle) => Relay.Index.TryGet(handle, out var record) && record.MinGeneration == IndexRecord.Terminal;
}
