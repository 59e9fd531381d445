using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Fabric.Core.Common;
using Fabric.Core.Lineages;
using Fabric.Core.Quotas;

namespace Fabric.Core.Scopes;

/// <summary>
/// A scope set as the `authorization_details` of RFC 9396: an array of objects of type `tool_call`. Reading is strict: a member or type that is
/// not known could be a constraint, and a constraint that is not understood must not be passed over.
/// </summary>
internal static class ScopeJson
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };
    private static readonly SearchValues<char> LowerHex = SearchValues.Create("0123456789abcdef");

    public static byte[] Write(ReadOnlySpan<ScopeEntry> entries)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var writer = new Utf8JsonWriter(buffer, Options))
        {
            writer.WriteStartArray();
            foreach (var entry in entries)
            {
                WriteEntry(writer, entry);
            }

            writer.WriteEndArray();
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>The set. Throws what <see cref="JsonElement"/> throws, or <see cref="UnreadableException"/>, when the element is not one.</summary>
    public static ScopeSet Read(JsonElement details)
    {
        var count = details.GetArrayLength();
        if (count is 0 or > ScopeSet.EntriesMax)
        {
            throw new UnreadableException("`authorization_details` has too few or too many entries");
        }

        var entries = new ScopeEntry[count];
        var i = 0;
        foreach (var element in details.EnumerateArray())
        {
            entries[i++] = ReadEntry(element);
        }

        var set = ScopeSet.Create(entries);
        return set.IsOk ? set.Value : throw new UnreadableException($"`authorization_details`: {set.Rejection.Detail}");
    }

    private static void WriteEntry(Utf8JsonWriter writer, ScopeEntry entry)
    {
        var constraints = entry.Constraints;
        writer.WriteStartObject();
        writer.WriteString("type"u8, "tool_call"u8);
        writer.WriteString("tool"u8, entry.Tool);
        writer.WriteString("action"u8, entry.Action);
        writer.WriteString("resource"u8, entry.Resource);
        if (constraints.ReadOnly)
        {
            writer.WriteBoolean("read_only"u8, true);
        }

        if (constraints.MaxCalls is { } calls)
        {
            writer.WriteNumber("max_calls"u8, calls);
        }

        if (constraints.Rate is { } rate)
        {
            writer.WriteStartObject("rate"u8);
            writer.WriteNumber("calls"u8, rate.Calls);
            writer.WriteNumber("per_seconds"u8, rate.PerSeconds);
            writer.WriteEndObject();
        }

        if (constraints.Environment is { } environment)
        {
            writer.WriteString("environment"u8, environment);
        }

        if (constraints.NotAfter is { } end)
        {
            // A NumericDate (RFC 7519 section 2) may have a fraction; it keeps the milliseconds.
            writer.WriteNumber("not_after"u8, end.UnixMs / 1000m);
        }

        WriteQuotas(writer, entry.Quotas);
        writer.WriteEndObject();
    }

    private static void WriteQuotas(Utf8JsonWriter writer, IReadOnlyList<QuotaRef> quotas)
    {
        if (quotas.Count == 0)
        {
            return;
        }

        writer.WriteStartArray("quotas"u8);
        foreach (var quota in quotas)
        {
            writer.WriteStartArray();
            writer.WriteStringValue(quota.Id.ToString());
            writer.WriteNumberValue(quota.Limit);
            writer.WriteNumberValue(quota.PeriodMs);
            writer.WriteEndArray();
        }

        writer.WriteEndArray();
    }

    private static ScopeEntry ReadEntry(JsonElement element)
    {
        string? type = null, tool = null, action = null, resource = null, environment = null;
        var readOnly = false;
        long? calls = null;
        CallRate? rate = null;
        Instant? end = null;
        QuotaRef[] quotas = [];
        foreach (var member in element.EnumerateObject())
        {
            switch (member.Name)
            {
                case "type": type = member.Value.GetString(); break;
                case "tool": tool = member.Value.GetString(); break;
                case "action": action = member.Value.GetString(); break;
                case "resource": resource = member.Value.GetString(); break;
                case "read_only": readOnly = member.Value.GetBoolean(); break;
                case "max_calls": calls = member.Value.GetInt64(); break;
                case "rate": rate = ReadRate(member.Value); break;
                case "environment": environment = member.Value.GetString() ?? throw Unknown(); break;
                case "not_after": end = ReadMoment(member.Value); break;
                case "quotas": quotas = ReadQuotas(member.Value); break;
                default: throw Unknown();
            }
        }

        if (type != "tool_call" || tool is null || action is null || resource is null)
        {
            throw new UnreadableException("an entry of `authorization_details` is not a complete `tool_call`");
        }

        var constraints = new ScopeConstraints(readOnly, calls, rate, environment, end);
        return new ScopeEntry(tool, action, resource, constraints.Count == 0 ? ScopeConstraints.None : constraints, quotas);
    }

    private static CallRate ReadRate(JsonElement element) => element.GetPropertyCount() == 2
        ? new CallRate(element.GetProperty("calls"u8).GetInt64(), element.GetProperty("per_seconds"u8).GetInt32())
        : throw Unknown();

    private static Instant ReadMoment(JsonElement element)
    {
        var seconds = element.GetDecimal();
        if (seconds < 0 || seconds > ScopeConstraints.NotAfterMax.UnixMs / 1000m || seconds * 1000m % 1m != 0)
        {
            throw new UnreadableException("`not_after` is not a moment in whole milliseconds of the years 1970 to 9999");
        }

        return new Instant((long)(seconds * 1000m));
    }

    private static QuotaRef[] ReadQuotas(JsonElement element)
    {
        var quotas = new List<QuotaRef>(Math.Min(element.GetArrayLength(), ScopeSet.QuotasMax));
        foreach (var quota in element.EnumerateArray())
        {
            if (quota.GetArrayLength() != 3 || quota[0].GetString() is not { Length: 32 } id || id.AsSpan().ContainsAnyExcept(LowerHex))
            {
                throw new UnreadableException("a quota is an id of 32 lower-case hex digits, a limit and a period");
            }

            var handle = new Handle(
                ulong.Parse(id.AsSpan(0, 16), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture),
                ulong.Parse(id.AsSpan(16), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));
            quotas.Add(new QuotaRef(handle, quota[1].GetInt64(), quota[2].GetInt64()));
        }

        return [.. quotas];
    }

    private static UnreadableException Unknown() => new("an entry of `authorization_details` has a member that is not known");
}
