using System.Text.Json;
using Fabric.Contracts;
using Fabric.Contracts.Changes;
using Fabric.Contracts.Orleans;
using Fabric.Core.Common;
using Orleans.Concurrency;

namespace Fabric.Grains.Gates;

/// <inheritdoc/>
[StatelessWorker(1)]
internal sealed class ChangeGateGrain(ClusterParts parts) : Grain, IChangeGateGrain
{
    // A query is a cursor, a node and some names of kinds (B1).
    private const int QueryBytesMax = 16 * 1024;

    public async Task<ChangeReply> PullAsync(string secret, byte[] query)
    {
        if (parts.Engine is not { Health.Ready: true } engine)
        {
            return Refused(new Rejection(Codes.Stopping, "silo", "this silo takes no requests now"));
        }

        var caller = engine.Authenticate(secret);
        if (!caller.IsOk)
        {
            return Refused(caller.Rejection);
        }

        if (Read(query) is not { } asked)
        {
            return Refused(new Rejection(Codes.InvalidField, "query", "the query is not the JSON of a query of changes"));
        }

        var page = await engine.As(caller.Value).PullChangesAsync(asked);
        return page.IsOk ? new ChangeReply(JsonSerializer.SerializeToUtf8Bytes(page.Value, FabricJson.Default.ChangePage)) : Refused(page.Rejection);
    }

    private static ChangeQuery? Read(byte[] query)
    {
        try
        {
            return query.Length > QueryBytesMax ? null : JsonSerializer.Deserialize(query, FabricJson.Default.ChangeQuery);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static ChangeReply Refused(Rejection why) => new(null, why.Code, why.Subject, why.Detail);
}
