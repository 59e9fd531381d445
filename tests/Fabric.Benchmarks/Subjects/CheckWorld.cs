using System.Security.Cryptography;
using System.Text;
using Fabric.Core.Checks;
using Fabric.Core.Common;
using Fabric.Core.Index;
using Fabric.Core.Keys;
using Fabric.Core.Lineages;
using Fabric.Core.Scopes;
using Fabric.Core.Tokens;

namespace Fabric.Benchmarks.Subjects;

/// <summary>What an edge decides from, with live tokens, revocations of others, and a clock that stands still: the check alone is measured.</summary>
internal sealed class CheckWorld : ICheckView, ICheckClock
{
    private const int Revocations = 100_000;

    private readonly (byte[] Token, ToolCall Call)[] _presented;
    private readonly CheckRules _rules = CheckRules.Default with { Tenant = Sample.TenantId };

    /// <summary>A world with so many live tokens, none of which was seen.</summary>
    public CheckWorld(int tokens)
    {
        using var signer = MakeSigner();
        _presented = [.. Enumerable.Range(0, tokens).Select(i => (Encoding.ASCII.GetBytes(signer.MakeToken(Sample.ClaimsOf(i)).Value), Sample.CallOf(i)))];
        for (var i = 0; i < Revocations; i++)
        {
            Index.Apply(Sample.RevokedOf(tokens + i), Index.Revision + 1);
        }
    }

    /// <inheritdoc/>
    public RevocationIndex Index { get; } = new(7);

    /// <inheritdoc/>
    public KeyRing Keys { get; } = new();

    /// <inheritdoc/>
    public long LeaseMomentMs => 1_000_000;

    /// <inheritdoc/>
    public bool IsReady => true;

    /// <inheritdoc/>
    public Handle GuardedTenant => Sample.Tenant;

    /// <summary>The live tokens.</summary>
    public int Tokens => _presented.Length;

    /// <inheritdoc/>
    public CheckMoment Read() => new(Sample.Now, 1_000_100);

    /// <summary>A pipeline that has seen no token, and counts the calls as an edge does.</summary>
    public CheckPipeline Pipeline() =>
        new(this, this, new byte[CheckPipeline.SecretSize], new QuotaSlices(), new UsageWindow(), new CheckLimits(TokensMax: 2 * Tokens, TokenBytesMax: 1L << 30));

    /// <summary>A pipeline that has seen every token. Throws when it denies one.</summary>
    public CheckPipeline SeenPipeline()
    {
        var pipeline = Pipeline();
        var allowed = Enumerable.Range(0, Tokens).Sum(i => Check(pipeline, i));
        return allowed == Tokens ? pipeline : throw new InvalidOperationException($"{Tokens - allowed} of {Tokens} live tokens were denied");
    }

    /// <summary>Presents a token: 1 when its call is allowed.</summary>
    public int Check(CheckPipeline pipeline, int i)
    {
        ref readonly var one = ref _presented[i];
        return pipeline.Check(one.Token, one.Call, _rules, CheckBasis.Alone, out _).Allowed ? 1 : 0;
    }

    /// <summary>A token as it comes over the wire.</summary>
    public byte[] TokenOf(int i) => _presented[i].Token;

    private TokenSigner MakeSigner()
    {
        using var ecdsa = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var key = ecdsa.ExportParameters(includePrivateParameters: true);
        var refusal = Keys.Add(new VerificationKey("acme-1", Sample.TenantId, Sample.Tenant, key.Q.X, key.Q.Y, Instant.Never));
        return refusal is null ? new TokenSigner("acme-1", key.Q.X, key.Q.Y, key.D) : throw new InvalidOperationException(refusal.ToString());
    }
}
