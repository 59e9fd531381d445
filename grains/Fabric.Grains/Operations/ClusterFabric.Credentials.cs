using Fabric.Contracts.Revocations;
using Fabric.Core.Common;
using Fabric.Core.Credentials;
using Fabric.Core.Index;
using Fabric.Core.Lineages;
using Fabric.Grains.Wire;

namespace Fabric.Grains.Operations;

/// <summary>The revocation of credentials by their ids.</summary>
internal sealed partial class ClusterFabric
{
    // Credentials of one entry: a commit of some milliseconds, so that a storm slows nobody (R5).
    private const int TombstonesAtOnce = 4_000;

    private async ValueTask<Outcome<Receipt>> RevokeCredentialsAsync(RevokeRequest request, CancellationToken cancellation)
    {
        if ((Names.CheckId("tenant", request.Tenant) ?? (caller.Owns(request.Tenant, request.Credentials!) ? null : Refuse(Admins, request.Tenant))) is { } refused)
        {
            return refused;
        }

        if (request.Credentials!.Count is 0 or > Limits.RevocationBatchMax)
        {
            return new Rejection(Codes.TooLarge, "credentials", $"1 to {Limits.RevocationBatchMax} credentials are revoked at once");
        }

        var ids = new UInt128[request.Credentials.Count];
        for (var i = 0; i < ids.Length; i++)
        {
            if (Names.ParseId(request.Credentials[i]) is not { } id)
            {
                return new Rejection(Codes.InvalidField, $"credentials[{i}]", "a credential's id has 32 lower-case hex digits");
            }

            ids[i] = id;
        }

        if (request.DryRun)
        {
            return await BlastRadiusOfCredentialsAsync(request.Tenant!, ids, cancellation).ConfigureAwait(false);
        }

        if (Known(request.Tenant!) is { } missing)
        {
            return missing;
        }

        var now = Now;
        var name = RequestNames.Of(request, caller.Name, implicitly: true, ids);
        var (handles, known) = KnownFirst.Order(Parts.Handles, request.Tenant!, ids);
        var list = new Tombstones(request.Tenant!, ids, handles, known, request.Reason, name);
        var receipt = await StoreAsync(
            list.Tenant, () => TombstonesAsync(list, now), name, () => DenialsOf(list, now), now, request.Wait, request.TimeoutMs, cancellation,
            inParts: ids.Length > TombstonesAtOnce || (known > 0 && known < ids.Length)).ConfigureAwait(false);
        var unknown = list.Ids.Length - list.Known;
        return With(receipt, unknown == 0 ? null : new UnknownIds(
            unknown, [.. list.Ids.Skip(list.Known).Take(Limits.UnknownIdsListedMax).Select(Names.FormatId)]) { Recorded = !list.IsCut });
    }

    // INVARIANT B1: ids that were never made deny nothing that exists, and take room that nobody has granted them yet.
    private static IndexRecord[] DenialsOf(Tombstones list, Instant now) =>
        list.Known > 0 && CredentialDecider.Revoke(list.Tenant, new ArraySegment<UInt128>(list.Ids, 0, list.Known), null, UInt128.Zero, now) is { IsOk: true } decided
            ? IndexRecords.Tombstones(list.Handles.AsSpan(0, list.Known), decided.Value.DropAfter)
            : [];

    private static IReadOnlyList<IndexRecord> NoDenials() => [];

    private async ValueTask<Outcome<Reply>> TombstonesAsync(Tombstones list, Instant now)
    {
        var (last, done) = (default(LogAnswer), false);
        list.IsCut = false;
        for (var from = 0; from < list.Ids.Length;)
        {
            // Known and unknown ones never together: there may be room for the former alone.
            var end = Math.Min(from + TombstonesAtOnce, from < list.Known ? list.Known : list.Ids.Length);

            // The name stands on the last part only: a request that was cut short is carried out again, not taken for done.
            var decided = CredentialDecider.Revoke(
                list.Tenant, new ArraySegment<UInt128>(list.Ids, from, end - from), list.Reason, end == list.Ids.Length ? list.Name : UInt128.Zero, now);
            if (!decided.IsOk)
            {
                return decided.Rejection;
            }

            var logged = await Parts.Client.AppendAsync(
                Parts.NextId(now), caller.Name, now, [decided.Value], hold: caller.Tenant == list.Tenant ? IndexHold.Share : IndexHold.None).ConfigureAwait(false);
            if (!logged.IsOk)
            {
                // Those that are known are revoked, whether there is room for the rest or not.
                list.IsCut = done && from >= list.Known && logged.Rejection.Code == Codes.LimitReached;
                return list.IsCut ? Reply.Of(last) : logged.Rejection;
            }

            (last, done, from) = (logged.Value, true, end);
        }

        return Reply.Of(last);
    }

    private sealed record Tombstones(string Tenant, UInt128[] Ids, Handle[] Handles, int Known, string? Reason, UInt128 Name)
    {
        /// <summary>There was no room for those that are not known.</summary>
        internal bool IsCut { get; set; }
    }
}
