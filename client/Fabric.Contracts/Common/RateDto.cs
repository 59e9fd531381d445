using System.Text.Json.Serialization;

namespace Fabric.Contracts.Common;

/// <summary><paramref name="Calls"/> (1 to 1,000,000,000) in each fixed window of <paramref name="PerSeconds"/> (1 to 86,400).</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record RateDto(long Calls, int PerSeconds);
