using System.Diagnostics;
using System.Security.Cryptography;

namespace Fabric.LoadTests.Measure;

/// <summary>Bare ES256 of this machine, which rates are compared with: the platform's ECDSA over P-256 and nothing else.</summary>
internal sealed class Es256Baseline : IDisposable
{
    private const int InputLength = 800;
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly byte[] _input = RandomNumberGenerator.GetBytes(InputLength);

    /// <inheritdoc/>
    public void Dispose() => _key.Dispose();

    /// <summary>Microseconds of one signature and of one verification, each the best of three rounds on one thread.</summary>
    public (double Sign, double Verify) MeasureMicroseconds(TimeSpan each)
    {
        var signature = new byte[64];
        double sign = double.MaxValue, verify = double.MaxValue;
        for (var round = 0; round < 3; round++)
        {
            sign = Math.Min(sign, 1e6 / Rate(each / 3, () => SignOnce(_key, signature)));
            verify = Math.Min(verify, 1e6 / Rate(each / 3, () => Check(_key.VerifyData(
                _input, signature, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation))));
        }

        return (sign, verify);
    }

    /// <summary>Signatures a second over some threads, each with a key object of its own.</summary>
    public double SignRate(int threads, TimeSpan during)
    {
        var parameters = _key.ExportParameters(includePrivateParameters: true);
        var rates = new double[threads];
        var workers = Enumerable.Range(0, threads).Select(i => new Thread(() =>
        {
            using var key = ECDsa.Create(parameters);
            var signature = new byte[64];
            rates[i] = Rate(during, () => SignOnce(key, signature));
        })).ToList();
        workers.ForEach(worker => worker.Start());
        workers.ForEach(worker => worker.Join());
        return rates.Sum();
    }

    private void SignOnce(ECDsa key, byte[] signature) =>
        key.SignData(_input, signature, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);

    private static double Rate(TimeSpan during, Action once)
    {
        var watch = Stopwatch.StartNew();
        var done = 0L;
        while (watch.Elapsed < during)
        {
            for (var i = 0; i < 8; i++)
            {
                once();
            }

            done += 8;
        }

        return done / watch.Elapsed.TotalSeconds;
    }

    private static void Check(bool verified)
    {
        if (!verified)
        {
            throw new InvalidOperationException("a signature of the baseline does not verify");
        }
    }
}
