using Fabric.Core.Lineages;

namespace Fabric.Core.Checks;

/// <summary>Units of a quota that are not used here and go back to the fabric. <paramref name="Window"/> names the window of a rate.</summary>
public readonly record struct QuotaReturn(Handle Quota, long Units, long Window);
