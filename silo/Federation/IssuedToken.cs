using System.Text.Json;
using Fabric.Core.Common;
using Fabric.Core.Issuers;

namespace Fabric.Silo.Federation;

/// <summary>
/// A token of an issuer that the tenant trusts, which holds at this moment. <paramref name="Subject"/>: what its subject claim says. <paramref name="IssuedAt"/>: null when it does not say.
/// <paramref name="IsAccessToken"/>: it says that it is one (RFC 9068).
/// </summary>
internal sealed record IssuedToken(TrustedIssuer Issuer, string Subject, string? Id, Instant? IssuedAt, Instant ExpiresAt, JsonElement Claims, bool IsAccessToken);
