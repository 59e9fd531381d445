using System.Text.Json;
using Fabric.LoadTests.Compare.Pairs;
using Fabric.LoadTests.Measure;

namespace Fabric.LoadTests.Compare.Reports;

/// <summary>The pairs for machines: `"pairs":[{"name":…, "rounds":[…], "latencies":{…}}]`.</summary>
internal static class PairsJson
{
    /// <summary>Writes the member.</summary>
    public static void Write(Utf8JsonWriter writer, IReadOnlyList<PairResult> results)
    {
        writer.WriteStartArray("pairs");
        foreach (var result in results)
        {
            WritePair(writer, result);
        }

        writer.WriteEndArray();
    }

    private static void WritePair(Utf8JsonWriter writer, PairResult result)
    {
        writer.WriteStartObject();
        writer.WriteString("name", result.Spec.Name);
        writer.WriteString("peer", result.Spec.Peer);
        writer.WriteString("fabricWork", result.Spec.FabricWork);
        writer.WriteString("peerWork", result.Spec.PeerWork);
        writer.WriteString("unit", result.Spec.Unit);
        writer.WriteNumber("repeated", result.Repeated);
        writer.WriteNumber("contaminated", result.Contaminated);
        writer.WriteStartArray("rounds");
        for (var i = 0; i < result.Rounds.Count; i++)
        {
            writer.WriteStartObject();
            WriteFinite(writer, "ratio", result.Ratios[i]);
            writer.WriteStartArray("speeds");
            foreach (var speed in result.Rounds[i].Noise.Speeds)
            {
                writer.WriteNumberValue(Math.Round(speed, 3));
            }

            writer.WriteEndArray();
            writer.WriteNumber("others", Math.Round(result.Rounds[i].Noise.Others, 4));
            WriteSide(writer, "fabric", result.Rounds[i].Fabric);
            WriteSide(writer, "peer", result.Rounds[i].Peer);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        if (result.Latencies is var (fabric, peer, perSecond))
        {
            writer.WriteStartObject("latencies");
            writer.WriteNumber("perSecond", perSecond);
            WriteLatencies(writer, "fabric", fabric);
            WriteLatencies(writer, "peer", peer);
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }

    private static void WriteSide(Utf8JsonWriter writer, string name, SideRound side)
    {
        writer.WriteStartObject(name);
        WriteFinite(writer, "value", side.Value);
        writer.WriteNumber("operations", side.Operations);
        writer.WriteNumber("seconds", side.Seconds);
        writer.WriteNumber("clientCpuSeconds", side.ClientCpuSeconds);
        writer.WriteNumber("serverCpuSeconds", side.ServerCpuSeconds);
        writer.WriteEndObject();
    }

    private static void WriteLatencies(Utf8JsonWriter writer, string name, LatencyRecorder latencies)
    {
        writer.WriteStartObject(name);
        writer.WriteNumber("count", latencies.Count);
        foreach (var percent in PercentilePlot.Told.Where(percent => PercentilePlot.IsTold(latencies, percent)))
        {
            writer.WriteNumber(FormattableString.Invariant($"p{percent}Us"), latencies.PercentileNs(percent) / 1e3);
        }

        writer.WriteNumber("maxUs", latencies.MaxNs / 1e3);
        writer.WriteEndObject();
    }

    private static void WriteFinite(Utf8JsonWriter writer, string name, double value)
    {
        if (double.IsFinite(value))
        {
            writer.WriteNumber(name, value);
        }
        else
        {
            writer.WriteNull(name);
        }
    }
}
