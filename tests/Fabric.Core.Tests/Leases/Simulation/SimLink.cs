using Fabric.Core.Leases;

namespace Fabric.Core.Tests.Leases.Simulation;

internal enum Word
{
    Hello,
    Renew,
    Ack,
    Bye,
    Check,
    Feed,
    Gap,
    Snapshot,
    Grant,
    Answer,
}

/// <summary>One message. <paramref name="Revision"/> is what was applied, or what is to be; for a check the revision that will deny it.</summary>
internal readonly record struct Message(Word Word, ulong Number, ulong Revision, TimeSpan Sent = default);

/// <summary>One connection: in order each way, as late as the network likes, cut at either end without the other knowing.</summary>
internal sealed class SimLink(LeaseWorld world, SimEdge edge, SimServer server)
{
    private readonly Queue<Message> _up = new();
    private readonly Queue<Message> _down = new();
    private long _lastUpUs;
    private long _lastDownUs;

    public SimEdge Edge => edge;

    public SimServer Server => server;

    /// <summary>What the edge said hello as.</summary>
    public UInt128 Instance { get; } = edge.Instance;

    public EdgeConnection Connection { get; set; }

    public bool EdgeOpen { get; set; } = true;

    public bool ServerOpen { get; set; } = true;

    /// <summary>Whether what the edge sent before it closed still arrives.</summary>
    public bool Lingers { get; set; }

    public long FrozenUntilUs { get; set; }

    public void SendUp(Message message)
    {
        _lastUpUs = Math.Max(Math.Max(_lastUpUs, FrozenUntilUs), world.NowUs + world.Delay());
        world.At(_lastUpUs, () =>
        {
            _up.Enqueue(message);
            DrainUp();
        });
    }

    public void SendDown(Message message)
    {
        _lastDownUs = Math.Max(Math.Max(_lastDownUs, FrozenUntilUs), world.NowUs + world.Delay());
        world.At(_lastDownUs, () =>
        {
            _down.Enqueue(message);
            DrainDown();
        });
    }

    public void DrainUp()
    {
        while (!server.Stalled && _up.TryDequeue(out var message))
        {
            if (server.Crashed)
            {
                edge.Disconnected(this);
            }
            else if (ServerOpen && (EdgeOpen || Lingers))
            {
                server.Receive(this, message);
            }
        }
    }

    public void DrainDown()
    {
        while (!edge.Stopped && _down.TryDequeue(out var message))
        {
            if (EdgeOpen)
            {
                edge.Receive(this, message);
            }
        }
    }
}
