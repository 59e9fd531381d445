using System.Text.Json.Nodes;
using System.Threading.Channels;

namespace Fabric.Gateway.Upstreams;

/// <summary>A request of a client that a program works on: how the client names it, and what came for it. At most <see cref="Waiting"/> messages wait to be read (B1); what comes past that is dropped, but the answer.</summary>
internal sealed class Exchange(long id, JsonNode clientId, JsonNode? progressToken)
{
    /// <summary>The most messages that wait.</summary>
    public const int Waiting = 1_024;

    private readonly Channel<(byte[] Message, bool IsAnswer)> _messages = Channel.CreateBounded<(byte[], bool)>(Waiting + 1);

    /// <summary>What the gateway calls it, to the program.</summary>
    public long Id { get; } = id;

    /// <summary>What the client calls it.</summary>
    public JsonNode ClientId { get; } = clientId;

    /// <summary>What the client calls its progress; null: it asked for none.</summary>
    public JsonNode? ProgressToken { get; } = progressToken;

    /// <summary>What came, the answer last.</summary>
    public IAsyncEnumerable<(byte[] Message, bool IsAnswer)> ReadAllAsync(CancellationToken cancellation) => _messages.Reader.ReadAllAsync(cancellation);

    /// <summary>Puts a message in. The answer always has its place.</summary>
    public void Put(byte[] message, bool isAnswer)
    {
        if (isAnswer || _messages.Reader.Count < Waiting)
        {
            _messages.Writer.TryWrite((message, isAnswer));
        }

        if (isAnswer)
        {
            _messages.Writer.TryComplete();
        }
    }

    /// <summary>Nothing more comes: the program has ended.</summary>
    public void Break() => _messages.Writer.TryComplete(new IOException("the server behind has ended"));
}
