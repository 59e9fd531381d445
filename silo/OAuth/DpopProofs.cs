using Fabric.Core.Common;
using Fabric.Core.Tokens;
using Fabric.Engine;

namespace Fabric.Silo.OAuth;

/// <summary>
/// Proofs that a client holds a key (RFC 9449 section 4.3): of one request, made a moment ago with a nonce of ours, used once. What is issued is then bound to the key.
/// </summary>
internal sealed class DpopProofs(IFabricEngine engine, DpopNonces nonces, TimeProvider time)
{
    /// <summary>The header that a proof comes in.</summary>
    public const string Header = "DPoP";

    private const string NonceHeader = "DPoP-Nonce";

    /// <summary>How old a proof may be: a nonce does not hold for longer.</summary>
    private static readonly TimeSpan AgeMax = DpopNonces.Window * 2;

    /// <summary>Whose the places are that a client's proofs take. All public clients of a tenant share theirs, since anybody can be one: others keep theirs.</summary>
    public static string OwnerOf(Caller client) => client.IsPublic ? $"{client.Tenant}//{PublicClients.Method}" : $"{client.Tenant}/{client.Subject}";

    /// <summary>
    /// The thumbprint of the key that the request proves; null: it has no proof. <paramref name="owner"/>: of <see cref="OwnerOf"/>; <paramref name="target"/>: the
    /// endpoint's URL. A nonce for the next proof goes into the answer.
    /// </summary>
    public async ValueTask<Outcome<string?>> ProvenKeyAsync(HttpContext context, string owner, string target)
    {
        var header = context.Request.Headers[Header];
        if (header.Count == 0)
        {
            return Outcome<string?>.Of(null);
        }
        var now = Instant.From(time.GetUtcNow());
        context.Response.Headers[NonceHeader] = nonces.Current(now);
        if (header.Count > 1)
        {
            return Invalid("a request has one proof");
        }
        var read = DpopProof.Read(header[0] ?? "");
        if (!read.IsOk)
        {
            return Invalid(read.Rejection.Detail);
        }
        var proof = read.Value;
        if (!proof.IsOf(context.Request.Method, target))
        {
            return Invalid("the proof is not of this request, by its htm and htu");
        }
        if (proof.Nonce is not { } nonce || !nonces.IsValid(nonce, now))
        {
            return new Rejection(OAuthErrors.UseNonce, Header, "the proof needs the nonce that this answer brings in its header DPoP-Nonce");
        }
        if (!proof.WasMadeWithin(AgeMax, now))
        {
            return Invalid("the proof was not made just now, by its iat");
        }

        // The nonce says that it was made after the start, so this memory knows of every use.
        var used = await engine.UseOnceAsync(new SingleUse(owner, UseNames.Of("proof", proof.Key, proof.Id), Instant.Never, now + AgeMax), context.RequestAborted);
        return used is null ? proof.Key : used.Code == Codes.Replayed ? Invalid("the proof was used before") : used;
    }

    private static Rejection Invalid(string detail) => new(OAuthErrors.InvalidProof, Header, detail);
}
