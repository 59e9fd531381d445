using Fabric.Core.Common;

namespace Fabric.Silo.Signals.Intake;

/// <summary>How a receiver says no (RFC 8935 section 2.4): the codes are the standard's.</summary>
internal static class EventRefusals
{
    public static readonly Rejection NoToken = new("invalid_request", "body", "the body is no security event token that is taken here");
    public static readonly Rejection TooMany = new("invalid_request", "events", $"an event is about at most {EventSubjects.UsersMax} users");
    public static readonly Rejection TooOld = new("invalid_request", "iat", "the token has no `iat`, or one that is too long ago or ahead");
    public static readonly Rejection UnknownIssuer = new("invalid_issuer", "iss", "the issuer is none whose events are taken here");
    public static readonly Rejection OtherAudience = new("invalid_audience", "aud", "the token is for somebody else");
    public static readonly Rejection OtherAlgorithm = new("invalid_key", "alg", "the token is signed with an algorithm that is not taken here");
    public static readonly Rejection BadKey = new("invalid_key", "signature", "the token is not signed by the key of its issuer that it names");

    /// <summary>Said to nobody: the event waits for its key to be published. RFC 8935 has `invalid_key` for it, after which a transmitter does not send it again.</summary>
    public static readonly Rejection KeyUnknown = new("key_unknown", "kid", "none of the keys that the issuer publishes now has signed the token");

    /// <summary>Whether one comes of the tenant's list of issuers, which may have been changed at another silo a moment ago.</summary>
    public static bool IsOfList(Rejection refused) => refused == UnknownIssuer || refused == OtherAudience || refused == OtherAlgorithm;

    /// <summary>Whether a code is one of the standard's: the token will not be better the next time.</summary>
    public static bool AreFinal(string code) => code.StartsWith("invalid_", StringComparison.Ordinal);
}
