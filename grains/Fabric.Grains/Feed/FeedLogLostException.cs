namespace Fabric.Grains.Feed;

/// <summary>The feed log cannot tell what became of the call: it is to be made again, where another activation answers.</summary>
[GenerateSerializer, Alias("fabric.feed-log-lost")]
public sealed class FeedLogLostException(string message) : Exception(message);
