using Fabric.Core.Common;
using Fabric.Core.Journal;

namespace Fabric.Core.Sessions;

/// <summary>
/// What all credentials of a session are held to: whom they are for (`aud`), and the key that they are bound to (`cnf.jkt`); null: nothing. It comes with the opening and stays: whoever said yes to the
/// session said yes to that.
/// </summary>
public sealed record SessionBinding(string? Audience, string? ProofKey)
{
    /// <summary>The binding to these; null when it would bind nothing.</summary>
    public static SessionBinding? Of(string? audience, string? proofKey) => audience is null && proofKey is null ? null : new SessionBinding(audience, proofKey);

    /// <summary>Null when a credential may be for <paramref name="audience"/> (null: it is not said) and bound to <paramref name="proofKey"/>; `session.bound` else.</summary>
    public Rejection? Refuse(string? audience, string? proofKey) =>
        Audience is { } own && audience is not null && audience != own ? new Rejection(Codes.SessionBound, "audience", "the session's credentials are for another audience")
        : ProofKey is { } key && proofKey != key ? new Rejection(Codes.SessionBound, "proofKey", "the session's credentials are bound to a key: prove that one")
        : null;

    internal void Write(RecordWriter writer)
    {
        writer.Text(Audience);
        writer.Text(ProofKey);
    }

    internal static SessionBinding Read(ref RecordReader reader) => new(reader.TextOrNull(), reader.TextOrNull());
}
