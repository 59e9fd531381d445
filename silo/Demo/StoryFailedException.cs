namespace Fabric.Silo.Demo;

/// <summary>A step did not go as it should.</summary>
internal sealed class StoryFailedException(string what) : Exception(what);
