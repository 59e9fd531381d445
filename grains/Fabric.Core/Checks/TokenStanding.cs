using Fabric.Core.Tokens;

namespace Fabric.Core.Checks;

/// <summary>
/// What is known of a token. <paramref name="Claims"/>: what it says, when it is one that this fabric signed and that checks may let pass yet, which they do for the skew past
/// its end; null: nothing that it says may be believed.
/// <paramref name="Code"/>: why it does not stand; null: it does.
/// </summary>
public readonly record struct TokenStanding(TokenClaims? Claims, string? Code);
