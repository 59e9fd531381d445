using FsCheck;
using Xunit.Abstractions;

namespace Fabric.Core.Tests;

/// <summary>Runs FsCheck properties and random loops under a seed that is printed; FABRIC_TEST_SEED repeats a run.</summary>
internal static class Seeded
{
    public static ulong Seed(ITestOutputHelper output)
    {
        var seed = ulong.TryParse(Environment.GetEnvironmentVariable("FABRIC_TEST_SEED"), out var given) ? given : (ulong)Random.Shared.NextInt64();
        output.WriteLine($"seed: FABRIC_TEST_SEED={seed}");
        return seed;
    }

    public static void Check(ITestOutputHelper output, int cases, Property property)
    {
        var replay = new Replay(new Rnd(Seed(output)), Microsoft.FSharp.Core.FSharpOption<int>.None);
        FsCheck.Check.One(Config.QuickThrowOnFailure.WithMaxTest(cases).WithReplay(replay), property);
    }
}
