using Fabric.Core.Common;

namespace Fabric.Engine.Notes;

/// <summary>
/// Something that is remembered until a moment: a code, a request, a login, a family of refresh tokens. <paramref name="Name"/>: a hash of what it is asked for by, never that itself;
/// <paramref name="Owner"/>: who is held to how many of a <paramref name="Kind"/>; <paramref name="Subject"/>: whom it can be listed by, or null. <paramref name="Version"/> counts its changes.
/// </summary>
public sealed record Note(string Tenant, string Kind, UInt128 Name, string Owner, string? Subject, Instant Until, ReadOnlyMemory<byte> Body, long Version = 1)
{
    /// <summary>The most bytes of a body (B1); who adds a note sees to it.</summary>
    public const int BodyBytesMax = 128 * 1024;

    /// <summary>Without the body: it may hold what a log must not.</summary>
    public override string ToString() => $"{nameof(Note)} {{ {Tenant} {Kind} {Owner} }}";
}
