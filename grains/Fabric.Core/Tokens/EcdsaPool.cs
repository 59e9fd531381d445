using System.Security.Cryptography;

namespace Fabric.Core.Tokens;

/// <summary>
/// ECDsa instances of one key, lent to one thread at a time: an instance is not documented as safe for two. Keeps up to <see cref="Slots"/>;
/// more threads at once make theirs anew.
/// </summary>
internal sealed class EcdsaPool : IDisposable
{
    /// <summary>Bytes of a coordinate and of the private key of P-256.</summary>
    public const int FieldSize = 32;

    private const int Slots = 16;

    private readonly ECDsa?[] _free = new ECDsa?[Slots];
    private readonly ECParameters _key;
    private volatile bool _disposed;

    /// <summary>A pool for a P-256 key; <paramref name="d"/> empty for a public key. Throws <see cref="ArgumentException"/> when it is none.</summary>
    public EcdsaPool(ReadOnlySpan<byte> x, ReadOnlySpan<byte> y, ReadOnlySpan<byte> d)
    {
        if (x.Length != FieldSize || y.Length != FieldSize || d.Length is not (0 or FieldSize))
        {
            throw new ArgumentException($"the parts of a P-256 key have {FieldSize} bytes each", nameof(x));
        }

        _key = new ECParameters
        {
            Curve = ECCurve.NamedCurves.nistP256,
            Q = new ECPoint { X = x.ToArray(), Y = y.ToArray() },
            D = d.IsEmpty ? null : d.ToArray(),
        };
        try
        {
            _free[0] = ECDsa.Create(_key);
        }
        catch (CryptographicException e)
        {
            throw new ArgumentException("the key is not a key of P-256", nameof(x), e);
        }
    }

    /// <summary>An instance for the calling thread alone, until it is returned.</summary>
    public ECDsa Rent()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        for (var i = 0; i < _free.Length; i++)
        {
            // Reading first keeps an empty slot's cache line shared.
            if (Volatile.Read(ref _free[i]) is not null && Interlocked.Exchange(ref _free[i], null) is { } ecdsa)
            {
                return ecdsa;
            }
        }

        return ECDsa.Create(_key);
    }

    /// <summary>Takes an instance back.</summary>
    public void Return(ECDsa ecdsa)
    {
        for (var i = 0; i < _free.Length && !_disposed; i++)
        {
            if (Volatile.Read(ref _free[i]) is null && Interlocked.CompareExchange(ref _free[i], ecdsa, null) is null)
            {
                if (_disposed)
                {
                    Drain();
                }

                return;
            }
        }

        ecdsa.Dispose();
    }

    /// <summary>Ends the pool; instances that are out are ended when they come back. Wipes the private key.</summary>
    public void Dispose()
    {
        _disposed = true;
        Drain();
        CryptographicOperations.ZeroMemory(_key.D);
    }

    private void Drain()
    {
        for (var i = 0; i < _free.Length; i++)
        {
            Interlocked.Exchange(ref _free[i], null)?.Dispose();
        }
    }
}
