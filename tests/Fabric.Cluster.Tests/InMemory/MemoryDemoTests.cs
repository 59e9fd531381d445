using Fabric.Silo.Cluster;
using Fabric.Silo.Demo;

namespace Fabric.Cluster.Tests.InMemory;

/// <summary>The story where there is no database.</summary>
[Collection(SharedMemory.Name)]
public sealed class MemoryDemoTests
{
    [Fact]
    public async Task The_story_holds_on_three_silos_without_a_database_and_says_first_that_nothing_is_durable()
    {
        using var output = new StringWriter();
        var tell = new Narrator(output);
        await ClusterDemo.PlayAsync(3, null, inMemory: true, "", tell, default);

        var text = output.ToString();
        Assert.InRange(text.IndexOf("NOTHING IS DURABLE", StringComparison.Ordinal), 0, text.IndexOf("silo 1:", StringComparison.Ordinal));
        Assert.Contains("silo 3:", text, StringComparison.Ordinal);
        Assert.Contains("and so does every silo", text, StringComparison.Ordinal);
        Assert.DoesNotContain("FAILED", text, StringComparison.Ordinal);
        Assert.True(tell.Passed > 30, $"{tell.Passed} statements were checked");
    }
}
