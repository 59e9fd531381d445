using System.Reflection;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Fabric.Grains.Feed;

namespace Fabric.Grains;

/// <summary>
/// What calls between silos carry, and who may call what. The fabric's grains take calls of silos alone: these prove with every call that they know the cluster's master key.
/// Clients of the cluster have none, and reach the gate of enforcement points, which asks for an API key.
/// </summary>
internal sealed class SiloCalls(ClusterParts parts) : IIncomingGrainCallFilter, IOutgoingGrainCallFilter
{
    private const string TokenKey = "fabric.silo";
    private const string SequenceKey = "fabric.sequence";
    private static readonly TimeSpan CatchUpPatience = TimeSpan.FromSeconds(2);

    private readonly string _token = Convert.ToHexStringLower(HMACSHA256.HashData(parts.Options.MasterKey.Span, "fabric: calls between silos"u8));

    /// <summary>Before a call leaves.</summary>
    public Task Invoke(IOutgoingGrainCallContext context)
    {
        // Never to a client: who has the token is a silo.
        if (context.TargetId.IsClient())
        {
            RequestContext.Remove(TokenKey);
            RequestContext.Remove(SequenceKey);
        }
        else if (IsOfSilos(context.InterfaceMethod))
        {
            RequestContext.Set(TokenKey, _token);
            RequestContext.Set(SequenceKey, parts.Relay.Sequence);
        }

        return context.Invoke();
    }

    /// <summary>Before a call is carried out.</summary>
    public Task Invoke(IIncomingGrainCallContext context)
    {
        // The gate's interface is the client's assembly's, timers are Orleans' own.
        if (!IsOfSilos(context.InterfaceMethod))
        {
            return context.Invoke();
        }

        // INVARIANT T1: whoever reaches the gateway is not the fabric for that.
        if (RequestContext.Get(TokenKey) is not string token
            || !CryptographicOperations.FixedTimeEquals(MemoryMarshal.AsBytes(token.AsSpan()), MemoryMarshal.AsBytes(_token.AsSpan())))
        {
            throw new UnauthorizedAccessException($"`{context.InterfaceName}.{context.MethodName}` is called by silos alone");
        }

        // An entity decides on no less than its caller's silo knows: what that has answered before counts here. The order itself is not behind anybody.
        // A denial ahead of the order is for a silo that is behind above all.
        return context.Grain is not (IFeedLogGrain or IRelayService) && RequestContext.Get(SequenceKey) is long sequence && sequence > parts.Relay.Sequence
            ? InvokeLaterAsync(context, sequence)
            : context.Invoke();
    }

    private async Task InvokeLaterAsync(IIncomingGrainCallContext context, long sequence)
    {
        try
        {
            await parts.Relay.WaitAsync(sequence).WaitAsync(CatchUpPatience);
        }
        catch (TimeoutException)
        {
            throw new FeedLogLostException("this silo is behind the feed");
        }

        await context.Invoke();
    }

    private static bool IsOfSilos(MethodInfo method) => method.DeclaringType?.Assembly == typeof(SiloCalls).Assembly;
}
