using System.Buffers;
using System.IO.Pipelines;

namespace Fabric.Gateway.Upstreams;

/// <summary>Hands a stream of server-sent events on, whole events only, so that another can be put behind the last one at any time.</summary>
internal sealed class SseRelay(Stream from, int eventBytesMax)
{
    // Where the reading of the line that has begun stands: what was looked at is not looked at again.
    private long _line;
    private bool _afterCr;

    /// <summary>Copies until the end. Throws <see cref="InvalidDataException"/> for an event past the bound.</summary>
    public async Task CopyToAsync(PipeWriter to, CancellationToken cancellation)
    {
        var reader = PipeReader.Create(from, new StreamPipeReaderOptions(leaveOpen: true));
        for (long seen = 0; ;)
        {
            var read = await reader.ReadAsync(cancellation);
            var ends = EndOfEvents(read.Buffer.Slice(seen));
            var whole = ends == 0 ? 0 : seen + ends;
            if (whole > 0)
            {
                // What is begun is written to its end: half an event would swallow the next one.
                foreach (var part in read.Buffer.Slice(0, whole))
                {
                    to.Write(part.Span);
                }

                await to.FlushAsync(CancellationToken.None);
            }

            if (read.IsCompleted)
            {
                return;
            }

            seen = read.Buffer.Length - whole;
            if (seen > eventBytesMax)
            {
                throw new InvalidDataException("an event of the server behind is larger than it may be");
            }

            reader.AdvanceTo(read.Buffer.GetPosition(whole), read.Buffer.End);
        }
    }

    // Up to behind the last empty line; 0: there is none. A line ends in LF, CR, or both.
    private long EndOfEvents(ReadOnlySequence<byte> buffer)
    {
        long end = 0, at = 0;
        foreach (var part in buffer)
        {
            foreach (var b in part.Span)
            {
                at++;
                if (b == (byte)'\n' && _afterCr)
                {
                    _afterCr = false;
                    end = end == at - 1 && end > 0 ? at : end;
                    continue;
                }

                _afterCr = b == (byte)'\r';
                if (b is (byte)'\n' or (byte)'\r')
                {
                    end = _line == 0 ? at : end;
                    _line = 0;
                }
                else
                {
                    _line++;
                }
            }
        }

        return end;
    }
}
