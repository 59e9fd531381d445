using System.Buffers;
using System.Text;
using System.Text.Unicode;
using Fabric.Core.Common;
using Fabric.Core.Lineages;
using Fabric.Core.Quotas;

namespace Fabric.Core.Scopes;

/// <summary>
/// The journal form of a scope set: version, count, then each entry as three length-prefixed UTF-8 patterns, a flag byte, the constraints
/// that the flags name and the quotas. Numbers are LEB128. The form of a version never changes.
/// </summary>
internal static class ScopeCodec
{
    private const byte Version = 1;

    [Flags]
    private enum Has : byte
    {
        None = 0,
        ReadOnly = 1,
        MaxCalls = 2,
        Rate = 4,
        Environment = 8,
        NotAfter = 16,
        Quotas = 32,
        All = 63,
    }

    public static void Write(ReadOnlySpan<ScopeEntry> entries, IBufferWriter<byte> destination)
    {
        Put(destination, Version);
        PutNumber(destination, (ulong)entries.Length);
        foreach (var entry in entries)
        {
            PutText(destination, entry.Tool);
            PutText(destination, entry.Action);
            PutText(destination, entry.Resource);
            PutConstraints(destination, entry);
            PutQuotas(destination, entry.Quotas);
        }
    }

    public static ScopeEntry[]? TryRead(ReadOnlySpan<byte> source, out int length)
    {
        var reader = new Reader(source);
        length = 0;
        if (reader.Byte() != Version || reader.Number() is not (>= 1 and <= ScopeSet.EntriesMax and var count))
        {
            return null;
        }

        var entries = new ScopeEntry[(int)count];
        for (var i = 0; i < entries.Length && !reader.Failed; i++)
        {
            entries[i] = ReadEntry(ref reader);
        }

        length = reader.Position;
        return reader.Failed ? null : entries;
    }

    private static void PutConstraints(IBufferWriter<byte> destination, ScopeEntry entry)
    {
        var constraints = entry.Constraints;
        var has = (constraints.ReadOnly ? Has.ReadOnly : Has.None)
            | (constraints.MaxCalls is null ? Has.None : Has.MaxCalls)
            | (constraints.Rate is null ? Has.None : Has.Rate)
            | (constraints.Environment is null ? Has.None : Has.Environment)
            | (constraints.NotAfter is null ? Has.None : Has.NotAfter)
            | (entry.Quotas.Count == 0 ? Has.None : Has.Quotas);
        Put(destination, (byte)has);
        if (constraints.MaxCalls is { } calls)
        {
            PutNumber(destination, (ulong)calls);
        }

        if (constraints.Rate is { } rate)
        {
            PutNumber(destination, (ulong)rate.Calls);
            PutNumber(destination, (ulong)rate.PerSeconds);
        }

        if (constraints.Environment is { } environment)
        {
            PutText(destination, environment);
        }

        if (constraints.NotAfter is { } end)
        {
            PutNumber(destination, (ulong)end.UnixMs);
        }
    }

    private static void PutQuotas(IBufferWriter<byte> destination, IReadOnlyList<QuotaRef> quotas)
    {
        if (quotas.Count == 0)
        {
            return;
        }

        PutNumber(destination, (ulong)quotas.Count);
        foreach (var quota in quotas)
        {
            quota.Id.Write(destination.GetSpan(Handle.Size));
            destination.Advance(Handle.Size);
            PutNumber(destination, (ulong)quota.Limit);
            PutNumber(destination, (ulong)quota.PeriodMs);
        }
    }

    private static ScopeEntry ReadEntry(ref Reader reader)
    {
        var tool = reader.Text();
        var action = reader.Text();
        var resource = reader.Text();
        var has = (Has)reader.Byte();
        if ((has & ~Has.All) != Has.None)
        {
            reader.Fail();
        }

        var constraints = ScopeConstraints.None;
        if ((has & ~Has.Quotas) != Has.None)
        {
            constraints = new ScopeConstraints(
                has.HasFlag(Has.ReadOnly),
                has.HasFlag(Has.MaxCalls) ? reader.Signed() : null,
                has.HasFlag(Has.Rate) ? new CallRate(reader.Signed(), (int)Math.Min(reader.Signed(), int.MaxValue)) : null,
                has.HasFlag(Has.Environment) ? reader.Text() : null,
                has.HasFlag(Has.NotAfter) ? new Instant(reader.Signed()) : null);
        }

        return new ScopeEntry(tool, action, resource, constraints, has.HasFlag(Has.Quotas) ? ReadQuotas(ref reader) : []);
    }

    private static QuotaRef[] ReadQuotas(ref Reader reader)
    {
        var count = reader.Number();
        if (count is 0 or > ScopeSet.QuotasMax)
        {
            reader.Fail();
            return [];
        }

        var quotas = new QuotaRef[(int)count];
        for (var i = 0; i < quotas.Length; i++)
        {
            var id = reader.Bytes(Handle.Size);
            quotas[i] = new QuotaRef(id.IsEmpty ? default : Handle.Read(id), reader.Signed(), reader.Signed());
        }

        return quotas;
    }

    private static void Put(IBufferWriter<byte> destination, byte value)
    {
        destination.GetSpan(1)[0] = value;
        destination.Advance(1);
    }

    private static void PutNumber(IBufferWriter<byte> destination, ulong value)
    {
        var span = destination.GetSpan(10);
        var length = 0;
        while (value >= 0x80)
        {
            span[length++] = (byte)(value | 0x80);
            value >>= 7;
        }

        span[length++] = (byte)value;
        destination.Advance(length);
    }

    private static void PutText(IBufferWriter<byte> destination, string text)
    {
        var length = Encoding.UTF8.GetByteCount(text);
        PutNumber(destination, (ulong)length);
        Encoding.UTF8.GetBytes(text, destination.GetSpan(length));
        destination.Advance(length);
    }

    /// <summary>Reads values off a span; past its end, or at a bad value, it fails for good and reads nothing but zeros.</summary>
    private ref struct Reader(ReadOnlySpan<byte> source)
    {
        private readonly ReadOnlySpan<byte> _source = source;

        public int Position { get; private set; }

        public bool Failed { get; private set; }

        public void Fail() => Failed = true;

        public ReadOnlySpan<byte> Bytes(int count)
        {
            if (Failed || count > _source.Length - Position)
            {
                Failed = true;
                return default;
            }

            Position += count;
            return _source.Slice(Position - count, count);
        }

        public byte Byte() => Bytes(1) is [var value] ? value : (byte)0;

        public ulong Number()
        {
            ulong value = 0;
            for (var shift = 0; shift < 63; shift += 7)
            {
                var next = Byte();
                value |= (ulong)(next & 0x7F) << shift;
                if (next < 0x80)
                {
                    return value;
                }
            }

            Failed = true;
            return 0;
        }

        public long Signed() => (long)Number();

        public string Text()
        {
            // A pattern's characters take at most three bytes each.
            var length = Number();
            if (length > 3 * Pattern.LengthMax)
            {
                Failed = true;
                return "";
            }

            var bytes = Bytes((int)length);
            if (!Utf8.IsValid(bytes))
            {
                Failed = true;
                return "";
            }

            return Encoding.UTF8.GetString(bytes);
        }
    }
}
