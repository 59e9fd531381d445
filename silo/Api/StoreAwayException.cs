namespace Fabric.Silo.Api;

/// <summary>A store beside the engine's does not answer or does not take what is written: nothing was done that anybody was told of. Answered as `storage.unavailable`.</summary>
internal sealed class StoreAwayException(string message, Exception fault) : IOException(message, fault);
