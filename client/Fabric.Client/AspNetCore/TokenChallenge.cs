using Fabric.Core.Common;
using Fabric.Core.Tokens;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Fabric.Client.AspNetCore;

/// <summary>What a denial is in HTTP: its status, and its challenges by RFC 6750 section 3 and RFC 9449 section 7.1.</summary>
internal static class TokenChallenge
{
    /// <summary>The status of a denial.</summary>
    public static int StatusOf(string code) => code switch
    {
        Codes.RateExceeded => StatusCodes.Status429TooManyRequests,
        Codes.QuotaExhausted or Codes.RequestUnclear or Codes.RequestNoRule => StatusCodes.Status403Forbidden,
        Codes.TooLarge => StatusCodes.Status400BadRequest,
        Codes.Unauthenticated or Codes.Replayed => StatusCodes.Status401Unauthorized,
        Codes.CheckFailed or Codes.Internal => StatusCodes.Status500InternalServerError,
        _ when code.StartsWith("scope.", StringComparison.Ordinal) || code.StartsWith("constraint.", StringComparison.Ordinal) => StatusCodes.Status403Forbidden,

        // By RFC 6750 an invalid token is one that is "expired, revoked, malformed, or invalid for other reasons".
        _ when code.StartsWith("token.", StringComparison.Ordinal) || code.EndsWith(".revoked", StringComparison.Ordinal)
            || code.EndsWith(".locked", StringComparison.Ordinal) => StatusCodes.Status401Unauthorized,
        _ => StatusCodes.Status503ServiceUnavailable,
    };

    /// <summary>The challenges of a request without a token: by RFC 6750 section 3.1 they then name no error. <paramref name="more"/>: further parameters of the first.</summary>
    public static StringValues ForNoToken(params ReadOnlySpan<(string Name, string? Value)> more) =>
        new([Make("Bearer", more), Make("DPoP", ("algs", DpopProof.Algorithm))]);

    /// <summary>The challenge of a denial with status 401 or 403, under the scheme that the caller used, or has to use.</summary>
    public static StringValues For(string code, bool isDpop, params ReadOnlySpan<(string Name, string? Value)> more)
    {
        var error = StatusOf(code) == StatusCodes.Status403Forbidden ? "insufficient_scope" : code is Codes.ProofInvalid or Codes.Replayed ? "invalid_dpop_proof" : "invalid_token";
        var dpop = isDpop || code is Codes.TokenProof or Codes.ProofInvalid or Codes.Replayed;
        return Make(dpop ? "DPoP" : "Bearer", [("error", error), ("error_description", code), ("algs", dpop ? DpopProof.Algorithm : null), .. more]);
    }

    // The values are URLs, scopes and codes: none has a quote or a backslash in it.
    private static string Make(string scheme, params ReadOnlySpan<(string Name, string? Value)> parameters)
    {
        var text = scheme;
        var separator = " ";
        foreach (var (name, value) in parameters)
        {
            if (value is not null)
            {
                text += $"{separator}{name}=\"{value}\"";
                separator = ", ";
            }
        }

        return text;
    }
}
