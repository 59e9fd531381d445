using Fabric.LoadTests.Compare.Pairs;
using Fabric.LoadTests.Compare.Sides;
using Fabric.LoadTests.Measure;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Fabric.LoadTests.Compare.Peers;

/// <summary>Plain validation of the same tokens with Microsoft's library: the baseline that costs no server, and knows of no revocation.</summary>
internal sealed class JwtPeer : IPeer
{
    private const int LatencyPerSecond = 2_000;
    private const int BetweenLooks = 64;

    private static readonly TimeSpan RoundTime = TimeSpan.FromSeconds(1);

    private readonly JsonWebTokenHandler _handler = new();

    public string Name => "jwt";

    public string? Missing => null;

    public async Task MeasureAsync(Comparison on)
    {
        var checks = await on.Fabric.ChecksAsync();
        using var key = checks.PublicKey();
        var first = _handler.ReadJsonWebToken(checks.Texts[0]);
        var parameters = new TokenValidationParameters
        {
            IssuerSigningKey = new ECDsaSecurityKey(key), ValidIssuer = first.Issuer, ValidAudiences = first.Audiences, ValidAlgorithms = [SecurityAlgorithms.EcdsaSha256],
        };
        on.Run.Report.Note($"Microsoft.IdentityModel.JsonWebTokens {typeof(JsonWebTokenHandler).Assembly.GetName().Version}: signature, issuer, audience, algorithm and lifetime of the same tokens, one thread, no revocation");
        await on.PairAsync(
            new PairSpec("compare.check_jwt", "JWT validation", "a cached check at an edge", "validation of the same token, no revocation", "checks/s of CPU"),
            checks.RoundAsync, () => RoundAsync(checks, parameters),
            new Comparison.Scheduled(LatencyPerSecond, checks.CheckOneAsync, i => ValidateAsync(checks, parameters, i)));
    }

    private async Task<SideRound> RoundAsync(EdgeChecks checks, TokenValidationParameters parameters)
    {
        var done = 0;
        var (seconds, client, _) = await Comparison.TimedAsync(() => 0, async () =>
        {
            var fromNs = Clock.NowNs;
            while (Clock.Ms(fromNs, Clock.NowNs) < RoundTime.TotalMilliseconds)
            {
                for (var i = 0; i < BetweenLooks; i++)
                {
                    await ValidateAsync(checks, parameters, done++);
                }
            }
        });
        return SideRound.PerCpuSecond(done, seconds, client, 0);
    }

    private async ValueTask ValidateAsync(EdgeChecks checks, TokenValidationParameters parameters, int i)
    {
        var result = await _handler.ValidateTokenAsync(checks.Texts[i % checks.Texts.Count], parameters);
        if (!result.IsValid)
        {
            throw new LoadException($"a live token is not valid: {result.Exception?.GetType().Name}");
        }
    }
}
