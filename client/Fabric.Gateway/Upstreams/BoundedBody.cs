namespace Fabric.Gateway.Upstreams;

/// <summary>Reads a body up to a bound.</summary>
internal static class BoundedBody
{
    /// <summary>The whole body. Throws <see cref="InvalidDataException"/> past the bound.</summary>
    public static async Task<ReadOnlyMemory<byte>> ReadAsync(Stream from, int max, CancellationToken cancellation)
    {
        using var whole = new MemoryStream();
        var part = new byte[16 * 1024];
        for (int read; (read = await from.ReadAsync(part, cancellation)) > 0;)
        {
            if (whole.Length + read > max)
            {
                throw new InvalidDataException("an answer of the server behind is larger than it may be");
            }

            whole.Write(part, 0, read);
        }

        return whole.GetBuffer().AsMemory(0, (int)whole.Length);
    }
}
