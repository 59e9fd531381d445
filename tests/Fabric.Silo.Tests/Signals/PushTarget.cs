using System.Buffers.Text;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using Fabric.Silo.Tests.Outbound;
using Microsoft.AspNetCore.Http;

namespace Fabric.Silo.Tests.Signals;

/// <summary>Where a receiver has its events pushed to: takes them, or answers what it is told to, and tells each attempt in the order in which they came.</summary>
internal sealed class PushTarget : IAsyncDisposable
{
    private readonly LocalWeb _web;
    private readonly Channel<Attempt> _attempts = Channel.CreateUnbounded<Attempt>();

    private PushTarget(LocalWeb web)
    {
        _web = web;
        web.Answer = AnswerAsync;
    }

    /// <summary>One request.</summary>
    internal sealed record Attempt(string Token, string? Authorization, string? Type, string? Accept)
    {
        public JsonNode Claims => JsonNode.Parse(Base64Url.DecodeFromChars(Token.Split('.')[1]))!;

        public string Jti => (string)Claims["jti"]!;

        public string Event => Claims["events"]!.AsObject().Single().Key;
    }

    /// <summary>What it answers; left out: 202.</summary>
    public RequestDelegate? Reply { get; set; }

    public string Url => _web.Url("/events").ToString();

    public LocalWeb Web => _web;

    public static async Task<PushTarget> StartAsync() => new(await LocalWeb.StartAsync());

    public async Task<Attempt> NextAsync() => await _attempts.Reader.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30));

    /// <summary>Whether nothing more has come.</summary>
    public bool IsQuiet => !_attempts.Reader.TryPeek(out _);

    public static RequestDelegate Says(int status, string? json = null, string? location = null) => context =>
    {
        context.Response.StatusCode = status;
        if (location is not null)
        {
            context.Response.Headers.Location = location;
        }
        return json is null ? Task.CompletedTask : LocalWeb.JsonAsync(context, json);
    };

    public ValueTask DisposeAsync() => _web.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body);
        var attempt = new Attempt(await reader.ReadToEndAsync(), context.Request.Headers.Authorization, context.Request.ContentType, context.Request.Headers.Accept);
        var reply = Reply ?? Says(StatusCodes.Status202Accepted);
        await _attempts.Writer.WriteAsync(attempt);
        await reply(context);
    }
}
