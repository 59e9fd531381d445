using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Fabric.LoadTests.Measure;

/// <summary>
/// A lean HTTP/1.1 load: one thread, raw non-blocking sockets over keep-alive connections, one request at a time on each (no pipelining), so that
/// most of the machine is the server's.
/// </summary>
internal sealed class HttpLoad : IDisposable
{
    private readonly List<Connection> _connections;
    private readonly Dictionary<Socket, Connection> _bySocket;

    /// <summary>Opens a connection for each request; each sends its own over and over. <paramref name="status"/>: of the answer that is hoped for.</summary>
    public HttpLoad(Uri address, IReadOnlyList<byte[]> requests, int status = 201)
        : this([.. requests.Select(request => (address, request))], status)
    {
    }

    /// <summary>The same to several hosts.</summary>
    public HttpLoad(IReadOnlyList<(Uri Address, byte[] Request)> requests, int status = 201)
    {
        var expected = Encoding.ASCII.GetBytes($"HTTP/1.1 {status}");
        _connections = [.. requests.Select(each => new Connection(each.Address, each.Request, expected))];
        _bySocket = _connections.ToDictionary(each => each.Socket);
    }

    /// <summary>An answer of another status; null: there was none.</summary>
    public string? Fault { get; private set; }

    /// <summary>A request with a JSON body.</summary>
    public static byte[] Post(Uri address, string path, string secret, string json) => Encoding.ASCII.GetBytes(
        $"POST {path} HTTP/1.1\r\nHost: {address.Authority}\r\nAuthorization: Bearer {secret}\r\nContent-Type: application/json\r\n"
        + $"Content-Length: {json.Length}\r\n\r\n{json}");

    /// <summary>Sends for a time; returns the answers a second and how long they took. After an answer of another status it stops and has a <see cref="Fault"/>.</summary>
    public (double Rate, LatencyRecorder Latencies) Run(TimeSpan time, CancellationToken cancellation)
    {
        var latencies = new LatencyRecorder();
        var watch = Stopwatch.StartNew();
        _connections.ForEach(each => each.Send());
        var open = _connections.Count;
        var ready = new List<Socket>(open);
        while (open > 0)
        {
            var goesOn = watch.Elapsed < time && !cancellation.IsCancellationRequested;
            ready.Clear();
            ready.AddRange(_connections.Where(each => each.IsWaiting).Select(each => each.Socket));
            Socket.Select(ready, null, null, 5_000_000);
            if (ready.Count == 0)
            {
                throw new LoadException("the host has not answered for 5 s");
            }

            foreach (var connection in ready.Select(socket => _bySocket[socket]))
            {
                if (!connection.Receive())
                {
                    continue;
                }

                latencies.RecordNs(Clock.NowNs - connection.SentNs);
                Fault ??= connection.Fault;
                if (goesOn && Fault is null)
                {
                    connection.Send();
                }
                else
                {
                    open--;
                }
            }
        }

        return (latencies.Count / watch.Elapsed.TotalSeconds, latencies);
    }

    /// <inheritdoc/>
    public void Dispose() => _connections.ForEach(each => each.Socket.Dispose());

    private sealed class Connection
    {
        private readonly byte[] _request;
        private readonly byte[] _expected;
        private readonly byte[] _answer = new byte[64 * 1024];
        private int _length;

        public Connection(Uri address, byte[] request, byte[] expected)
        {
            (_request, _expected) = (request, expected);
            Socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            Socket.Connect(new IPEndPoint(IPAddress.Parse(address.Host), address.Port));
        }

        public Socket Socket { get; }

        public long SentNs { get; private set; }

        public bool IsWaiting { get; private set; }

        public string? Fault { get; private set; }

        public void Send()
        {
            (SentNs, _length, IsWaiting) = (Clock.NowNs, 0, true);
            Socket.Send(_request);
        }

        // True once the whole answer is there.
        public bool Receive()
        {
            var received = Socket.Receive(_answer.AsSpan(_length));
            if (received == 0)
            {
                throw new LoadException("the host has closed a connection");
            }

            _length += received;
            var answer = _answer.AsSpan(0, _length);
            var body = answer.IndexOf("\r\n\r\n"u8) + 4;
            if (body < 4 || !IsWhole(answer[..body], answer[body..]))
            {
                return false;
            }

            if (!answer.StartsWith(_expected))
            {
                Fault = Encoding.ASCII.GetString(answer);
            }

            IsWaiting = false;
            return true;
        }

        private static bool IsWhole(ReadOnlySpan<byte> head, ReadOnlySpan<byte> body)
        {
            var at = head.IndexOf("Content-Length: "u8);
            return at < 0
                ? body.EndsWith("0\r\n\r\n"u8)
                : System.Buffers.Text.Utf8Parser.TryParse(head[(at + 16)..], out int length, out _) && body.Length >= length;
        }
    }
}
