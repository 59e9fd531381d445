using System.Buffers.Binary;
using System.Security.Cryptography;
using Fabric.Core.Common;
using Fabric.Core.Lineages;

namespace Fabric.Engine.Commands;

/// <summary>
/// Makes 128-bit ids: 48 bits of milliseconds, a 16-bit counter, 64 random bits, of which the lower half gives way to a mark in the ids of sessions and
/// credentials (<see cref="HandleSpace.Mark"/>). Ascending within a process, so that inventories are written in key order; unguessable enough, though an
/// id is no secret. Used under the engine's lock.
/// </summary>
internal sealed class IdSource
{
    private readonly byte[] _random = new byte[4096];
    private int _at = 4096;
    private ulong _last;

    internal UInt128 Next(Instant now)
    {
        if (_at == _random.Length)
        {
            RandomNumberGenerator.Fill(_random);
            _at = 0;
        }

        var low = BinaryPrimitives.ReadUInt64LittleEndian(_random.AsSpan(_at));
        _at += 8;
        _last = Math.Max((ulong)now.UnixMs << 16, _last + 1);
        return new UInt128(_last, low);
    }
}
