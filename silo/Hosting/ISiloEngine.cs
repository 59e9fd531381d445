using Fabric.Contracts;
using Fabric.Core.Common;
using Fabric.Engine;

namespace Fabric.Silo.Hosting;

/// <summary>The part of an engine that the HTTP API needs.</summary>
public interface ISiloEngine : IAsyncDisposable
{
    /// <summary>The engine's state.</summary>
    EngineHealth Health { get; }

    /// <summary>The fabric's interface for one caller.</summary>
    IFabric As(Caller caller);

    /// <summary>Who holds a secret. Refusal: `auth.unauthenticated`.</summary>
    Outcome<Caller> Authenticate(ReadOnlySpan<char> presented);
}
