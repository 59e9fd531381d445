using System.Buffers.Binary;
using Fabric.Core.Journal;
using Fabric.Core.Sessions;

namespace Fabric.Embedded.Engine;

/// <summary>
/// Sessions as rows of the state store; the key is the id. Origin and scopes stand in a row as bytes of their own: a start decodes equal origins once, and
/// scopes not at all ([0018](../../../docs/decisions/0018-session-rows-share-their-parts.md)).
/// </summary>
internal sealed class SessionRows(World world)
{
    private const byte Format = 2;
    private const int KnownMax = 100_000;

    private readonly ByBytes<SessionOrigin> _origins = new(KnownMax);

    /// <summary>Writes a session; <paramref name="part"/> is room for its parts.</summary>
    internal static byte[] Write(SessionState state, RecordWriter writer, RecordWriter part)
    {
        part.Clear();
        state.Origin.Write(part);
        writer.Clear();
        writer.Byte(Format);
        writer.Bytes(part.Written);
        writer.Bytes(state.ScopeBytes);
        writer.Handle(state.Handle);
        writer.Text(state.Purpose);
        writer.Moment(state.OpenedAt);
        writer.Number(state.LifetimeMs);
        writer.Byte((byte)state.Status);
        writer.Text(state.ApprovedBy);
        writer.Moment(state.ExpiresAt);
        writer.Number((ulong)state.CredentialsIssued);
        writer.Id(state.LastCredential);
        return writer.Written.ToArray();
    }

    /// <summary>Reads a session; its parts are instances that the world shares.</summary>
    internal SessionState Read(ReadOnlySpan<byte> key, ReadOnlySpan<byte> row)
    {
        var reader = new RecordReader(row);
        if (reader.Byte() is var format && format != Format)
        {
            throw new InvalidRecordException($"a session of the state store has format {format}, this version reads {Format}");
        }

        var (origin, scopes) = (OriginOf(reader.Bytes()), world.ShareScopes(reader.Bytes()));
        var state = new SessionState(
            BinaryPrimitives.ReadUInt128BigEndian(key), reader.Handle(), origin, world.Share(reader.Text()), scopes, reader.Moment(), reader.Long());
        state.Restore((SessionStatus)reader.Byte(), reader.TextOrNull() is { } by ? world.Share(by) : null, reader.Moment(), (uint)reader.Number(), reader.Id());
        return state;
    }

    private SessionOrigin OriginOf(ReadOnlySpan<byte> bytes) =>
        _origins.TryGet(bytes, out var known) ? known : _origins.Add(bytes.ToArray(), world.Share(SessionOrigin.Read(bytes)));
}
