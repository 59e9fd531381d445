namespace Fabric.Cluster.Tests.Processes;

/// <summary>A promise is broken, or a call failed in a way that no caller is told to try again.</summary>
internal sealed class LoadException(string message) : Exception(message);
