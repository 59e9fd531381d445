using Fabric.Core.Common;

namespace Fabric.Engine.Commands;

/// <summary>What an audience (`aud`, RFC 7519 section 4.1.3) may be.</summary>
internal static class Audiences
{
    internal static bool IsValid(string audience) => audience.Length is >= 1 and <= 256 && PlainText.Is(audience);
}
