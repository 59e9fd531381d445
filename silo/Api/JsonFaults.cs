using System.Text;
using System.Text.Json;
using Fabric.Core.Common;

namespace Fabric.Silo.Api;

/// <summary>
/// Turns the reader's complaint into a refusal of ours: which kind of fault, and where. The reader's own words are not passed on, since they
/// name our types; its phrases are matched instead, and tests hold a sample of each.
/// </summary>
internal static class JsonFaults
{
    private const int PathCharsMax = 128;

    public static Rejection Explain(JsonException fault)
    {
        var path = Clean(fault.Path);
        var message = fault.Message;
        if (message.Contains("could not be mapped to any .NET member", StringComparison.Ordinal))
        {
            return new Rejection(Codes.UnknownField, path, "the command has no such field");
        }
        if (message.Contains("Duplicate propert", StringComparison.OrdinalIgnoreCase))
        {
            return new Rejection(Codes.DuplicateField, path, "the field stands there twice");
        }
        const string missing = "missing required properties including: ";
        var at = message.IndexOf(missing, StringComparison.Ordinal);
        if (at >= 0)
        {
            var names = message[(at + missing.Length)..].Split('.', 2)[0].Replace("'", "", StringComparison.Ordinal);
            return new Rejection(Codes.InvalidField, names.Trim(), "a field that the command needs is missing");
        }
        if (message.Contains("maximum configured depth", StringComparison.Ordinal))
        {
            return new Rejection(Codes.MalformedRequest, path, $"nested deeper than {Contracts.FabricJson.DepthMax}");
        }
        // The tokenizer's faults are of a type of their own or arrive wrapped; faults of conversion are plain.
        return fault.InnerException is JsonException || fault.GetType() != typeof(JsonException)
            ? new Rejection(Codes.MalformedRequest, path, $"not valid JSON at line {fault.LineNumber + 1}, byte {fault.BytePositionInLine + 1}")
            : new Rejection(Codes.InvalidField, path, "the value is not of the type or form that the field takes");
    }

    /// <summary>The path holds the caller's own field names: cut, and without anything that could disturb a log or a terminal.</summary>
    private static string Clean(string? path)
    {
        if (string.IsNullOrEmpty(path))
        {
            return "$";
        }
        var clean = new StringBuilder(Math.Min(path.Length, PathCharsMax));
        foreach (var c in path.AsSpan(0, Math.Min(path.Length, PathCharsMax)))
        {
            clean.Append(c is > ' ' and < '\u007f' ? c : '?');
        }
        return clean.ToString();
    }
}
