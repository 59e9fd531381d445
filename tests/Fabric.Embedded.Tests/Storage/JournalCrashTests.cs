using System.Globalization;
using Fabric.Embedded.Tests.Fixtures;
using Xunit.Abstractions;

namespace Fabric.Embedded.Tests.Storage;

public sealed class JournalCrashTests(ITestOutputHelper output)
{
    [Fact]
    [Trait("Invariant", "D1")]
    public async Task What_a_killed_process_acknowledged_is_replayed()
    {
        var seed = Random.Shared.Next();
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        using var temp = new TempFolder();
        for (var round = 0; round < 5; round++)
        {
            var acknowledged = await AppendAndKill(temp.Path, acknowledgements: random.Next(1, 400));
            using var open = new OpenJournal(temp.Path);
            Assert.False(open.Journal.WasCleanShutdown);
            Assert.Null(open.Journal.Damage);
            Assert.True(open.Journal.HeadSequence >= acknowledged, $"round {round}: {acknowledged} acknowledged, {open.Journal.HeadSequence} replayed");
            open.AssertNumbered(open.Journal.FirstSequence, open.Journal.HeadSequence);
        }
    }

    /// <summary>Kills the child after so many acknowledgements and returns the last one it printed before it died.</summary>
    private static async Task<ulong> AppendAndKill(string folder, int acknowledgements)
    {
        using var child = CrashChild.Start("append", folder);
        ulong last = 0;
        for (var i = 0; i < acknowledgements; i++)
        {
            last = ulong.Parse((await child.StandardOutput.ReadLineAsync())!, CultureInfo.InvariantCulture);
        }

        child.Kill();
        var rest = await child.StandardOutput.ReadToEndAsync();
        await child.WaitForExitAsync();
        var whole = rest[..(rest.LastIndexOf('\n') + 1)].Split('\n', StringSplitOptions.RemoveEmptyEntries);
        return whole.Length > 0 ? ulong.Parse(whole[^1], CultureInfo.InvariantCulture) : last;
    }
}
