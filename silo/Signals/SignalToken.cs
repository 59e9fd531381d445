using System.Buffers.Text;
using System.Text;
using System.Text.Json.Nodes;
using Fabric.Core.Common;
using Fabric.Engine;
using Fabric.Silo.OAuth;

namespace Fabric.Silo.Signals;

/// <summary>Signs security event tokens (RFC 8417) as SSF 1.0 section 4 has them: typed, without `sub` and `exp`.</summary>
internal sealed class SignalToken(IFabricEngine engine, TimeProvider time, Issuers issuers)
{
    /// <summary>A tenant's issuer.</summary>
    public string IssuerOf(string tenant) => issuers.Of(tenant);

    public Outcome<string> Sign(SignalStream stream, string jti, JsonObject subject, string type, JsonObject fields, string? transaction)
    {
        var claims = new JsonObject
        {
            ["iss"] = IssuerOf(stream.Tenant), ["jti"] = jti, ["iat"] = time.GetUtcNow().ToUnixTimeSeconds(), ["aud"] = stream.Audience, ["sub_id"] = subject,
            ["events"] = new JsonObject { [type] = fields },
        };
        if (transaction is not null)
        {
            claims["txn"] = transaction;
        }
        var signed = engine.Sign(stream.Tenant, kid => Encoding.ASCII.GetBytes(
            $"{Part(new JsonObject { ["alg"] = "ES256", ["typ"] = "secevent+jwt", ["kid"] = kid })}.{Part(claims)}"));
        return signed.IsOk
            ? $"{Encoding.ASCII.GetString(signed.Value.Input.Span)}.{Base64Url.EncodeToString(signed.Value.Signature.Span)}"
            : signed.Rejection;
    }

    private static string Part(JsonObject json) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(json.ToJsonString()));
}
