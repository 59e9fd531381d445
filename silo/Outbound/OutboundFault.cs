namespace Fabric.Silo.Outbound;

/// <summary>Why a request of the fabric's own came to nothing.</summary>
internal enum OutboundFault
{
    /// <summary>It is no URL that is ever asked: not https, with a user or a fragment, too long.</summary>
    Url,
    /// <summary>The name stands for no address that may be connected to.</summary>
    Address,
    /// <summary>Nobody answered: no such name, no connection, no valid certificate, or an answer that breaks HTTP.</summary>
    Unreachable,
    /// <summary>It was not over in time.</summary>
    Timeout,
    /// <summary>The answer points elsewhere.</summary>
    Redirected,
    /// <summary>The answer has another status than was asked for.</summary>
    Status,
    /// <summary>The answer is of another type than was asked for.</summary>
    ContentType,
    /// <summary>The answer is larger than was asked for.</summary>
    TooLarge,
}
