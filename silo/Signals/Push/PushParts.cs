using Fabric.Contracts;

namespace Fabric.Silo.Signals.Push;

/// <summary>What the workers of a host share. <paramref name="Lease"/>: how long a claim holds; <paramref name="SendTime"/>: what must be left of it before an event is sent.</summary>
internal sealed record PushParts(
    ISignalStore Store, SignalGather Gather, PushSender Sender, ReceiverKeys Receivers, IFabric Fabric, TimeProvider Time, ILogger Log, TimeSpan Lease, TimeSpan SendTime);
