using Microsoft.Extensions.Logging;

namespace Fabric.Grains.Feed;

/// <summary>What the feed log and its relays say to operators.</summary>
internal static partial class FeedLogLog
{
    [LoggerMessage(2001, LogLevel.Information, "This silo owns the feed: term {Term}, sequence {Sequence}, revision {Revision}")]
    internal static partial void Owned(ILogger logger, long term, long sequence, ulong revision);

    [LoggerMessage(2002, LogLevel.Warning, "The feed of term {Term} is given up: {Why}")]
    internal static partial void Lost(ILogger logger, long term, string why);

    [LoggerMessage(2003, LogLevel.Error, "The database did not take a batch")]
    internal static partial void WriteFailed(ILogger logger, Exception error);

    [LoggerMessage(2004, LogLevel.Warning, "The database does not say who owns the feed: no lease is granted until it does")]
    internal static partial void OwnershipUnknown(ILogger logger, Exception error);

    [LoggerMessage(2005, LogLevel.Warning, "The feed log does not answer; this silo serves until its lease has run out")]
    internal static partial void FollowFailed(ILogger logger, Exception error);

    [LoggerMessage(2006, LogLevel.Critical, "This silo cannot follow the feed any more and stops serving")]
    internal static partial void FollowBroken(ILogger logger, Exception error);

    [LoggerMessage(2007, LogLevel.Error, "A sweep failed; it is tried again")]
    internal static partial void SweepFailed(ILogger logger, Exception error);

    [LoggerMessage(2008, LogLevel.Warning, "Silo {Silo} did not take a denial ahead of the feed")]
    internal static partial void DenyFailed(ILogger logger, string silo, Exception error);

    [LoggerMessage(2009, LogLevel.Warning, "A revocation that storage did not take at once, and that was denied ahead of it, is {Outcome}")]
    internal static partial void LateRevocation(ILogger logger, string outcome);

    [LoggerMessage(2011, LogLevel.Warning, "A revocation was not stored; it is tried again")]
    internal static partial void RevocationNotStored(ILogger logger, Exception error);

    [LoggerMessage(2010, LogLevel.Information, "The stream of changes did not take a notice; the next commit is announced again")]
    internal static partial void NotAnnounced(ILogger logger, Exception error);

    [LoggerMessage(2012, LogLevel.Critical, "This silo leaves the cluster, so that the others go on without it: {Why}")]
    internal static partial void Leaving(ILogger logger, string why);
}
