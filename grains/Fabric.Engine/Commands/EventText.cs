using System.Buffers;
using System.Text;
using System.Text.Json;
using Fabric.Core.Credentials;
using Fabric.Core.Journal;
using Fabric.Core.Keys;
using Fabric.Core.Nodes;
using Fabric.Core.Sessions;

namespace Fabric.Engine.Commands;

/// <summary>Events as audit and change stream tell them.</summary>
internal static class EventText
{
    /// <summary>The fields that may be seen, as a JSON object.</summary>
    internal static ReadOnlyMemory<byte> Describe(FabricEvent e)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using var json = new Utf8JsonWriter(buffer);
        json.WriteStartObject();
        e.Describe(json);
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenMemory;
    }

    /// <summary>The same as text.</summary>
    internal static string DescribeText(FabricEvent e) => Encoding.UTF8.GetString(Describe(e).Span);

    /// <summary>The reason that was given; null: the event has none.</summary>
    internal static string? ReasonOf(FabricEvent e) => e switch
    {
        NodeRevoked revoked => revoked.Reason,
        NodeLocked locked => locked.Reason,
        NodeUnlocked unlocked => unlocked.Reason,
        CredentialsRevoked revoked => revoked.Reason,
        SessionEnded ended => ended.Reason,
        SigningKeyRevoked revoked => revoked.Reason,
        _ => null,
    };
}
