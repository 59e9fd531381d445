namespace Fabric.Embedded.Storage.Audit;

/// <summary>A few reading connections, made when needed: readers wait neither for the writer nor, mostly, for each other.</summary>
internal sealed class AuditReaders(string path) : IDisposable
{
    private const int IdleMax = 4;

    private readonly Lock _gate = new();
    private readonly Stack<AuditReader> _idle = new();
    private bool _disposed;

    public T Read<T>(Func<AuditReader, T> read)
    {
        var reader = Rent();
        T result;
        try
        {
            result = read(reader);
        }
        catch (Exception)
        {
            // Whatever state its statements are in: the next question gets a new connection.
            reader.Dispose();
            throw;
        }

        Return(reader);
        return result;
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            while (_idle.TryPop(out var reader))
            {
                reader.Dispose();
            }
        }
    }

    private AuditReader Rent()
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, typeof(AuditStore));
            if (_idle.TryPop(out var reader))
            {
                return reader;
            }
        }

        return new AuditReader(path);
    }

    private void Return(AuditReader reader)
    {
        lock (_gate)
        {
            if (!_disposed && _idle.Count < IdleMax)
            {
                _idle.Push(reader);
                return;
            }
        }

        reader.Dispose();
    }
}
