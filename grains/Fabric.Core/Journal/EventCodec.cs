using Fabric.Core.Agents;
using Fabric.Core.Credentials;
using Fabric.Core.Issuers;
using Fabric.Core.Keys;
using Fabric.Core.Nodes;
using Fabric.Core.Quotas;
using Fabric.Core.Sessions;
using Fabric.Core.Tenants;
using Fabric.Core.Trust;
using Fabric.Core.Users;

namespace Fabric.Core.Journal;

/// <summary>Events to bytes and back: the event's number, then its fields. The golden tests hold every format still.</summary>
public static class EventCodec
{
    /// <summary>Writes an event.</summary>
    public static void Write(FabricEvent e, RecordWriter writer)
    {
        writer.Byte(e.Number);
        e.Write(writer);
    }

    /// <summary>Reads what <see cref="Write"/> wrote. Throws <see cref="InvalidRecordException"/> on an unknown number or a short record.</summary>
    public static FabricEvent Read(ref RecordReader reader)
    {
        var number = reader.Byte();
        return number switch
        {
            1 => NodeRevoked.Read(ref reader),
            2 => NodeLocked.Read(ref reader),
            3 => NodeUnlocked.Read(ref reader),
            10 => TenantCreated.Read(ref reader),
            11 => TenantAmended.Read(ref reader),
            20 => UserRegistered.Read(ref reader),
            21 => UserAmended.Read(ref reader),
            22 => UserSignInSet.Read(ref reader),
            30 => AgentRegistered.Read(ref reader),
            31 => AgentSecretRotated.Read(ref reader),
            32 => AgentTransferred.Read(ref reader),
            33 => AgentReviewed.Read(ref reader),
            34 => AgentKeysSet.Read(ref reader),
            35 => AgentRedirectsSet.Read(ref reader),
            40 => TrustProposed.Read(ref reader),
            41 => TrustAccepted.Read(ref reader),
            42 => IssuerTrusted.Read(ref reader),
            43 => IssuerDistrusted.Read(ref reader),
            50 => SessionOpened.Read(ref reader),
            51 => SessionApproved.Read(ref reader),
            52 => SessionEnded.Read(ref reader),
            53 => SessionOpened.ReadBound(ref reader),
            60 => CredentialsIssued.Read(ref reader),
            61 => CredentialsRevoked.Read(ref reader),
            70 => QuotaDrawn.ReadNameless(ref reader),
            71 => QuotaReturned.ReadNameless(ref reader),
            72 => QuotaDrawn.Read(ref reader),
            73 => QuotaReturned.Read(ref reader),
            80 => SigningKeyAdded.Read(ref reader),
            81 => SigningKeyRetired.Read(ref reader),
            82 => SigningKeyRevoked.Read(ref reader),
            90 => ApiKeyMade.Read(ref reader),
            91 => ApiKeyRevoked.Read(ref reader),
            92 => BestEffortGranted.Read(ref reader),
            _ => throw new InvalidRecordException($"event number {number} is not known: the journal is of a newer version"),
        };
    }
}
