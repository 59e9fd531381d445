using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Fabric.Contracts;
using Fabric.Contracts.Revocations;

namespace Fabric.Engine.Commands;

/// <summary>Names of requests, so that the same one is answered with the same revision (R5).</summary>
internal static class RequestNames
{
    /// <summary>
    /// 64 bits of its key (or, <paramref name="implicitly"/>, for what can only be done once, of itself) and 64 of its content; <paramref name="ids"/>: those of a list.
    /// Zero: not named.
    /// </summary>
    internal static UInt128 Of(RevokeRequest request, string caller, bool implicitly, ReadOnlySpan<UInt128> ids = default)
    {
        if (request.IdempotencyKey is null && !implicitly)
        {
            return UInt128.Zero;
        }

        // A list goes in as its ids: a hundred thousand of them as JSON once more would take longer than all else.
        var content = request with { IdempotencyKey = null, Wait = "", TimeoutMs = 0, Credentials = null };
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(JsonSerializer.SerializeToUtf8Bytes(content, FabricJson.Default.RevokeRequest));
        hash.AppendData(MemoryMarshal.AsBytes(ids));
        var body = hash.GetHashAndReset();
        var named = request.IdempotencyKey is { } key ? SHA256.HashData(Encoding.UTF8.GetBytes($"{caller}\n{key}")) : body;
        return new UInt128(BinaryPrimitives.ReadUInt64BigEndian(named), BinaryPrimitives.ReadUInt64BigEndian(body));
    }
}
