using System.Text;
using Fabric.Client.Edges;
using Fabric.Client.Mcp.Http;
using Fabric.Client.Mcp.Mapping;
using Fabric.Client.Mcp.Messages;
using Fabric.Core.Common;

namespace Fabric.Gateway.Upstreams;

/// <summary>What the gateway itself says in an answer.</summary>
internal static class Answering
{
    /// <summary>Why a watched request may not go on; null: it may.</summary>
    public static string? WhyEnded(IReadOnlyList<CallHandle> watch) => watch.Select(handle => handle.CancelledBy).FirstOrDefault(code => code is not null);

    /// <summary>The end of a request whose authority has ended, as its caller is told: a tool's result, or an error.</summary>
    public static byte[] Ended(GuardedRequest request, string? code) => request.Message is { Method: CallMapper.CallTool } call
        ? Denials.ToolResponse(call.Id, code ?? Codes.CheckFailed)
        : Denials.ErrorResponse(request.Message?.Id, Denials.ErrorCode, Denials.TextOf(code ?? Codes.CheckFailed), code);

    /// <summary>Says it: as the whole answer, or as the last event of one that has begun.</summary>
    public static async Task EndAsync(HttpContext context, GuardedRequest request, string? code)
    {
        var said = Ended(request, code);
        if (!context.Response.HasStarted)
        {
            context.Response.Headers.Remove("Content-Length");
            await McpAnswers.WriteAsync(context, StatusCodes.Status200OK, said);
        }
        else if (context.Response.ContentType?.StartsWith("text/event-stream", StringComparison.OrdinalIgnoreCase) == true && request.Message is { IsRequest: true })
        {
            await WriteEventAsync(context.Response, said);
        }
        else
        {
            context.Abort();
        }
    }

    /// <summary>Begins a stream of events.</summary>
    public static async Task StartEventsAsync(HttpResponse response)
    {
        response.ContentType = "text/event-stream";
        response.Headers.CacheControl = "no-store";
        response.Headers["X-Accel-Buffering"] = "no";
        await response.StartAsync(CancellationToken.None);
    }

    /// <summary>Writes one event: a message, which has no line breaks.</summary>
    public static async Task WriteEventAsync(HttpResponse response, ReadOnlyMemory<byte> message)
    {
        response.BodyWriter.Write(Encoding.ASCII.GetBytes("event: message\ndata: "));
        response.BodyWriter.Write(message.Span);
        response.BodyWriter.Write("\n\n"u8);
        await response.BodyWriter.FlushAsync(CancellationToken.None);
    }

    private static void Write(this System.IO.Pipelines.PipeWriter writer, ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(writer.GetSpan(bytes.Length));
        writer.Advance(bytes.Length);
    }
}
