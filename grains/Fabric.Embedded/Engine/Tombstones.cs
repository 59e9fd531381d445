using Fabric.Core.Index;

namespace Fabric.Embedded.Engine;

/// <summary>The index records of a list of credentials, made outside of the engine's lock. <paramref name="Unknown"/>: ids among them that the fabric never made.</summary>
internal sealed record Tombstones(IndexRecord[] Records, int Unknown);
