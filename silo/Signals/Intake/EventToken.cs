using System.Text.Json;
using Fabric.Core.Issuers;

namespace Fabric.Silo.Signals.Intake;

/// <summary>A security event token (RFC 8417) of a transmitter that a tenant trusts, verified.</summary>
internal sealed record EventToken(TrustedIssuer Issuer, string Jti, JsonElement Claims);
