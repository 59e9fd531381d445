using Fabric.Core.Checks;

namespace Fabric.Client.AspNetCore;

/// <summary>The request's decided call.</summary>
internal sealed record GuardedCall(Decision Decision);
