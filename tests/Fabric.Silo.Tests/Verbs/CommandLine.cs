using System.CommandLine;
using Fabric.Silo.Verbs;

namespace Fabric.Silo.Tests.Verbs;

/// <summary>Runs a command line in this process and keeps what it writes.</summary>
internal static class CommandLine
{
    public static async Task<(int Code, string Output, string Error)> RunAsync(params string[] args)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var code = await FabricCommand.Make().Parse(args).InvokeAsync(new InvocationConfiguration { Output = output, Error = error });
        return (code, output.ToString(), error.ToString());
    }

    /// <summary>Starts `serve`, waits until it has written a line, and stops it.</summary>
    public static async Task<string> ServeUntilALineAsync(params string[] args)
    {
        using var stop = new CancellationTokenSource();
        await using var output = new LineSignal();
        var running = FabricCommand.Make().Parse(args).InvokeAsync(new InvocationConfiguration { Output = output }, stop.Token);
        await Task.WhenAny(output.Written, running);
        await stop.CancelAsync();
        await running;
        return output.ToString();
    }

    private sealed class LineSignal : StringWriter
    {
        private readonly TaskCompletionSource _written = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Written => _written.Task;

        public override async Task WriteLineAsync(string? value)
        {
            await base.WriteLineAsync(value);
            _written.TrySetResult();
        }
    }
}
