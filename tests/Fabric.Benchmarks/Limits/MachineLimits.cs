using System.Security.Cryptography;
using BenchmarkDotNet.Attributes;

namespace Fabric.Benchmarks.Limits;

/// <summary>What no code gets below, of the machine that it runs on: times are compared as multiples of these, so that a baseline holds on another machine.</summary>
public class MachineLimits
{
    private const int HandleInputSize = 49;
    private const int SigningInputSize = 800;

    // As many as a predictor of branches does not learn by heart.
    private const int Signatures = 256;

    // 64 MB: past the caches.
    private const int Cells = 16 * 1024 * 1024;

    private static readonly Lazy<int[]> Chain = new(MakeChain);
    private static readonly Lazy<ECDsa> Key = new(() => ECDsa.Create(ECCurve.NamedCurves.nistP256));

    private readonly byte[] _block = new byte[HandleInputSize];
    private readonly byte[] _digest = new byte[SHA256.HashSizeInBytes];
    private readonly byte[][] _inputs = [.. Enumerable.Range(0, Signatures).Select(i => Enumerable.Repeat((byte)i, SigningInputSize).ToArray())];
    private byte[][] _signatures = [];
    private int _next;
    private int[] _chain = [];
    private int _at;
    private ECDsa _key = null!;

    /// <summary>Makes what <see cref="DependentAccess"/> walks over, once a process.</summary>
    [GlobalSetup(Target = nameof(DependentAccess))]
    public void SetUpChain() => _chain = Chain.Value;

    /// <summary>Makes what <see cref="Es256Verify"/> verifies.</summary>
    [GlobalSetup(Target = nameof(Es256Verify))]
    public void SetUpKey()
    {
        _key = Key.Value;
        _signatures = [.. _inputs.Select(input => _key.SignData(input, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation))];
    }

    /// <summary>SHA-256 of one block, what a handle costs at least: computing alone.</summary>
    [Benchmark]
    public int HashBlock()
    {
        SHA256.HashData(_block, _digest);
        return _digest[0];
    }

    /// <summary>One access to memory past the caches whose place the access before it gave.</summary>
    [Benchmark]
    public int DependentAccess() => _at = _chain[_at];

    /// <summary>One ES256 verification, of the platform and nothing else.</summary>
    [Benchmark]
    public int Es256Verify()
    {
        var i = _next++ % Signatures;
        return _key.VerifyData(_inputs[i], _signatures[i], HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation) ? 1 : 0;
    }

    // One cycle through all cells, in an order that no prefetcher foresees (Sattolo's algorithm).
    private static int[] MakeChain()
    {
        var (chain, state) = (new int[Cells], 88172645463325252UL);
        for (var i = 0; i < chain.Length; i++)
        {
            chain[i] = i;
        }

        for (var i = chain.Length - 1; i > 0; i--)
        {
            var other = Draw.Below(ref state, i);
            (chain[i], chain[other]) = (chain[other], chain[i]);
        }

        return chain;
    }
}
