using System.Security.Cryptography;
using BenchmarkDotNet.Attributes;
using Fabric.Benchmarks.Limits;
using Fabric.Core.Tokens;

namespace Fabric.Benchmarks.Subjects;

/// <summary>What costs a signature: a token's first check, and its making.</summary>
[Limit(nameof(MachineLimits.Es256Verify))]
public class FirstSightBenchmarks
{
    private const int Tokens = 100;

    private static readonly TokenSigner Signer = MakeSigner();

    private readonly TokenClaims _claims = Sample.ClaimsOf(1);
    private CheckWorld _world = null!;

    /// <summary>Tokens that nobody has seen.</summary>
    [GlobalSetup]
    public void SetUp()
    {
        _world = new CheckWorld(Tokens);
        _ = _world.SeenPipeline();
    }

    /// <summary>Each token once, at an edge that has just started: its form, signature, times, lineage and scope.</summary>
    [Benchmark(OperationsPerInvoke = Tokens)]
    public int FirstSight()
    {
        var (pipeline, allowed) = (_world.Pipeline(), 0);
        for (var i = 0; i < Tokens; i++)
        {
            allowed += _world.Check(pipeline, i);
        }

        return allowed;
    }

    /// <summary>A token from its claims.</summary>
    [Benchmark]
    public int MakeToken() => Signer.MakeToken(_claims).Value.Length;

    private static TokenSigner MakeSigner()
    {
        using var ecdsa = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var key = ecdsa.ExportParameters(includePrivateParameters: true);
        return new TokenSigner("acme-1", key.Q.X, key.Q.Y, key.D);
    }
}
