using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using Fabric.Embedded.Storage;

namespace Fabric.Embedded.Tests.Fixtures;

/// <summary>What the crash tests run in a process of its own, and how they start and kill it.</summary>
internal static class CrashChild
{
    /// <summary>The record of a sequence number: its digits and a length that varies with it, so that a mix-up shows.</summary>
    public static byte[] Record(ulong sequence)
    {
        var record = new byte[8 + (int)(sequence * 7919 % 200)];
        BinaryPrimitives.WriteUInt64LittleEndian(record, sequence);
        record.AsSpan(8).Fill((byte)sequence);
        return record;
    }

    public static Process Start(string verb, string folder)
    {
        var info = new ProcessStartInfo(Environment.ProcessPath is { } path && Path.GetFileName(path).StartsWith("dotnet", StringComparison.Ordinal) ? path : "dotnet")
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardInput = true,
        };
        info.ArgumentList.Add(typeof(CrashChild).Assembly.Location);
        info.ArgumentList.Add(verb);
        info.ArgumentList.Add(folder);
        return Process.Start(info)!;
    }

    /// <summary>Appends as fast as commits go, several at once, and prints the last sequence number of each commit after it is acknowledged.</summary>
    public static int Append(string path)
    {
        using var folder = DataFolder.Open(path);
        using var journal = Journal.Open(folder);
        journal.Replay(journal.FirstSequence - 1, static (_, _) => { });
        journal.Start();
        var output = Console.Out;
        while (true)
        {
            JournalTicket ticket = default;
            for (var i = 0; i < 1 + (int)(journal.HeadSequence % 5); i++)
            {
                journal.TryAppend(Record(journal.HeadSequence + 1), out ticket);
            }

            if (ticket.Committed.GetAwaiter().GetResult())
            {
                output.WriteLine(ticket.Sequence.ToString(CultureInfo.InvariantCulture));
                output.Flush();
            }

            if (ticket.Sequence % 64 == 0)
            {
                journal.TrimTo(ticket.Sequence / 2);
            }
        }
    }

    /// <summary>Holds the folder until its input ends.</summary>
    public static int Hold(string path)
    {
        using var folder = DataFolder.Open(path);
        Console.Out.WriteLine("held");
        Console.Out.Flush();
        Console.In.ReadToEnd();
        return 0;
    }
}
