using System.Text.Json.Nodes;
using System.Threading.Channels;
using Fabric.Silo.Tests.Outbound;
using Microsoft.AspNetCore.Http;

namespace Fabric.Silo.Tests.Signals;

/// <summary>A transmitter on loopback that hands its events out until they are acknowledged (RFC 8936), and tells each poll.</summary>
internal sealed class PolledTransmitter : IAsyncDisposable
{
    private readonly LocalWeb _web;
    private readonly Channel<JsonNode> _polls = Channel.CreateUnbounded<JsonNode>();

    private PolledTransmitter(LocalWeb web)
    {
        _web = web;
        web.Answer = AnswerAsync;
    }

    /// <summary>The events that are not acknowledged yet.</summary>
    public Dictionary<string, string> Sets { get; } = new(StringComparer.Ordinal);

    /// <summary>What it answers instead, while it is out of order.</summary>
    public RequestDelegate? Broken { get; set; }

    public string? Authorization { get; private set; }

    public string Url => _web.Url("/poll").ToString();

    public static async Task<PolledTransmitter> StartAsync() => new(await LocalWeb.StartAsync());

    /// <summary>The next poll, while time is moved on until it comes.</summary>
    public async Task<JsonNode> NextAsync(Func<Task> moveTimeAsync)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (true)
        {
            limit.Token.ThrowIfCancellationRequested();
            if (_polls.Reader.TryRead(out var poll))
            {
                return poll;
            }
            await moveTimeAsync();
        }
    }

    public ValueTask DisposeAsync() => _web.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body);
        var poll = JsonNode.Parse(await reader.ReadToEndAsync())!;
        Authorization = context.Request.Headers.Authorization;
        var answer = new JsonObject { ["sets"] = new JsonObject() };
        lock (Sets)
        {
            foreach (var jti in poll["ack"]!.AsArray().Select(each => (string)each!).Concat(poll["setErrs"]?.AsObject().Select(each => each.Key) ?? []))
            {
                Sets.Remove(jti);
            }
            foreach (var (jti, token) in Sets.Take((int)poll["maxEvents"]!))
            {
                answer["sets"]![jti] = token;
            }
        }
        if (Broken is { } broken)
        {
            await broken(context);
        }
        else
        {
            await LocalWeb.JsonAsync(context, answer.ToJsonString());
        }
        await _polls.Writer.WriteAsync(poll);
    }
}
