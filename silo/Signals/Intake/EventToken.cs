using System.Text.Json;
using Fabric.Core.Common;
using Fabric.Core.Issuers;

namespace Fabric.Silo.Signals.Intake;

/// <summary>A security event token (RFC 8417) of a transmitter that a tenant trusts, verified. <paramref name="MadeAt"/>: never ahead of this host's clock.</summary>
internal sealed record EventToken(TrustedIssuer Issuer, string Jti, Instant MadeAt, JsonElement Claims);
