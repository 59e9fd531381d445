using System.Net;
using System.Net.Sockets;

namespace Fabric.Testing;

/// <summary>
/// Stands between a client and a server on loopback and breaks the network on command: <see cref="Freeze"/> stops forwarding while
/// connections stay open (what a dead cable looks like), <see cref="Cut"/> closes them, <see cref="Refuse"/> turns new ones away.
/// </summary>
public sealed class TcpProxy : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _ended = new();
    private readonly TcpListener _listener;
    private readonly HashSet<Socket> _open = [];
    private readonly IPEndPoint _target;
    private readonly Task _accepting;
    private TaskCompletionSource _toServer = Opened();
    private TaskCompletionSource _toClient = Opened();
    private bool _refusing;

    /// <summary>A proxy that forwards to a port on loopback. <paramref name="listen"/>: where it is reached; null: on loopback too.</summary>
    public TcpProxy(int targetPort, IPAddress? listen = null)
    {
        _listener = new TcpListener(listen ?? IPAddress.Loopback, 0);
        _target = new IPEndPoint(IPAddress.Loopback, targetPort);
        _listener.Start();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _accepting = AcceptAsync();
    }

    /// <summary>The port to connect to.</summary>
    public int Port { get; }

    /// <summary>Connections taken so far.</summary>
    public int Accepted { get; private set; }

    /// <summary>Stops forwarding, in one direction or in both; what is sent meanwhile waits.</summary>
    public void Freeze(bool toServer = true, bool toClient = true)
    {
        lock (_gate)
        {
            _toServer = toServer && _toServer.Task.IsCompleted ? Closed() : _toServer;
            _toClient = toClient && _toClient.Task.IsCompleted ? Closed() : _toClient;
        }
    }

    /// <summary>Forwards again, beginning with what has waited.</summary>
    public void Thaw()
    {
        lock (_gate)
        {
            _toServer.TrySetResult();
            _toClient.TrySetResult();
        }
    }

    /// <summary>Closes every connection, both ends.</summary>
    public void Cut()
    {
        Socket[] open;
        lock (_gate)
        {
            open = [.. _open];
            _open.Clear();
        }

        foreach (var socket in open)
        {
            socket.Dispose();
        }
    }

    /// <summary>Closes new connections at once, until called with false.</summary>
    public void Refuse(bool refuse = true)
    {
        lock (_gate)
        {
            _refusing = refuse;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        await _accepting;
        _listener.Stop();
        Thaw();
        Cut();
        _ended.Dispose();
    }

    private static TaskCompletionSource Closed() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static TaskCompletionSource Opened()
    {
        var gate = Closed();
        gate.SetResult();
        return gate;
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (!_ended.IsCancellationRequested)
            {
                var client = await _listener.AcceptSocketAsync(_ended.Token);
                _ = ForwardAsync(client);
            }
        }
        catch (Exception error) when (error is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The proxy was disposed.
        }
    }

    private async Task ForwardAsync(Socket client)
    {
        var server = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            lock (_gate)
            {
                Accepted++;
                if (_refusing || _ended.IsCancellationRequested)
                {
                    return;
                }

                _open.Add(client);
                _open.Add(server);
            }

            client.NoDelay = server.NoDelay = true;
            await server.ConnectAsync(_target);
            await Task.WhenAny(PumpAsync(client, server, up: true), PumpAsync(server, client, up: false));
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // The target is not there, or the proxy was cut.
        }
        finally
        {
            lock (_gate)
            {
                _open.Remove(client);
                _open.Remove(server);
            }

            client.Dispose();
            server.Dispose();
        }
    }

    private async Task PumpAsync(Socket from, Socket to, bool up)
    {
        var buffer = new byte[16 * 1024];
        try
        {
            while (true)
            {
                var read = await from.ReceiveAsync(buffer);
                if (read == 0)
                {
                    return;
                }

                // Read first, then wait: bytes that were under way when the network froze do not arrive.
                await Gate(up);
                for (var sent = 0; sent < read;)
                {
                    sent += await to.SendAsync(buffer.AsMemory(sent, read - sent));
                }
            }
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // One end has gone; the caller closes the other.
        }
    }

    private Task Gate(bool up)
    {
        lock (_gate)
        {
            return up ? _toServer.Task : _toClient.Task;
        }
    }
}
