namespace Fabric.Core.Tokens;

/// <summary>
/// A well-formed token that is NOT verified yet: nothing it says may be believed before <see cref="TokenVerifier.Verify(ParsedToken, ReadOnlySpan{byte})"/>
/// under the key that <see cref="Kid"/> names.
/// </summary>
/// <param name="Kid">The signing key's id.</param>
/// <param name="SigningInputLength">What is signed is this many bytes from the start of the token (RFC 7515 section 5.1).</param>
/// <param name="Signature">The signature: r and s, 32 bytes each.</param>
/// <param name="Claims">The claims.</param>
public sealed record ParsedToken(string Kid, int SigningInputLength, ReadOnlyMemory<byte> Signature, TokenClaims Claims);
