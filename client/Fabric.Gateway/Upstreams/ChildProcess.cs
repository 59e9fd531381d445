using System.Buffers;
using System.Diagnostics;
using System.Text;

namespace Fabric.Gateway.Upstreams;

/// <summary>A program that speaks JSON-RPC over its standard streams, one message a line. Its standard error is the gateway's own; of the gateway's environment it gets PATH and HOME only.</summary>
internal sealed class ChildProcess : IAsyncDisposable
{
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(2);

    private readonly Process _process;
    private readonly SemaphoreSlim _write = new(1);
    private readonly int _lineBytesMax;
    private int _disposed;

    private ChildProcess(Process process, int lineBytesMax) => (_process, _lineBytesMax) = (process, lineBytesMax);

    /// <summary>Starts it. Throws what <see cref="Process.Start(ProcessStartInfo)"/> throws.</summary>
    public static ChildProcess Start(UpstreamSettings settings, int lineBytesMax)
    {
        var start = new ProcessStartInfo(settings.Command!)
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, UseShellExecute = false, WorkingDirectory = settings.WorkingDirectory ?? "",
            StandardInputEncoding = new UTF8Encoding(false), StandardOutputEncoding = new UTF8Encoding(false),
        };
        foreach (var argument in settings.Arguments)
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment.Clear();
        foreach (var (name, value) in EnvironmentOf(settings))
        {
            start.Environment[name] = value;
        }

        return new ChildProcess(Process.Start(start) ?? throw new InvalidOperationException("the program could not be started"), lineBytesMax);
    }

    /// <summary>The environment of the program.</summary>
    public static Dictionary<string, string> EnvironmentOf(UpstreamSettings settings)
    {
        var made = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var name in new[] { "PATH", "HOME", "LANG", "TMPDIR", "SystemRoot" })
        {
            if (Environment.GetEnvironmentVariable(name) is { } value)
            {
                made[name] = value;
            }
        }

        foreach (var (name, value) in settings.Environment.Concat(settings.EnvironmentFile is { } file ? SecretLines.Read(file, '=') : []))
        {
            made[name] = value;
        }

        return made;
    }

    /// <summary>Writes one message. Throws <see cref="IOException"/> when the program has ended.</summary>
    public async Task WriteAsync(ReadOnlyMemory<byte> line, CancellationToken cancellation)
    {
        await _write.WaitAsync(cancellation);
        try
        {
            // To its end: half a message would swallow the next one.
            var stream = _process.StandardInput.BaseStream;
            await stream.WriteAsync(line, CancellationToken.None);
            await stream.WriteAsync("\n"u8.ToArray(), CancellationToken.None);
            await stream.FlushAsync(CancellationToken.None);
        }
        finally
        {
            _write.Release();
        }
    }

    /// <summary>The messages, until it ends. Throws <see cref="InvalidDataException"/> for one past the bound.</summary>
    public async IAsyncEnumerable<ReadOnlyMemory<byte>> ReadAsync()
    {
        var reader = System.IO.Pipelines.PipeReader.Create(_process.StandardOutput.BaseStream);
        for (long seen = 0; ;)
        {
            var read = await reader.ReadAsync();
            var buffer = read.Buffer;
            while (buffer.Slice(seen).PositionOf((byte)'\n') is { } end)
            {
                yield return buffer.Slice(0, end).ToArray();
                buffer = buffer.Slice(buffer.GetPosition(1, end));
                seen = 0;
            }

            if (read.IsCompleted)
            {
                yield break;
            }

            seen = buffer.Length;
            if (seen > _lineBytesMax)
            {
                throw new InvalidDataException("a message of the server behind is larger than it may be");
            }

            reader.AdvanceTo(buffer.Start, buffer.End);
        }
    }

    /// <summary>Closes its input, and ends it with all that it has started when it does not end by itself (MCP, stdio, shutdown).</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        try
        {
            _process.StandardInput.Close();
            using var patience = new CancellationTokenSource(StopPatience);
            await _process.WaitForExitAsync(patience.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            // Below.
        }

        try
        {
            _process.Kill(entireProcessTree: true);
        }
        catch (InvalidOperationException)
        {
            // It has ended.
        }

        _process.Dispose();
        _write.Dispose();
    }
}
