namespace Fabric.Repo.Tests.Sources;

/// <summary>What a rule found wrong: one line each, naming the file and the rule.</summary>
public static class Findings
{
    /// <summary>Fails with every line, when there is one.</summary>
    public static void None(string rule, IEnumerable<string> found)
    {
        var lines = found.ToList();
        Assert.True(lines.Count == 0, $"{rule}{Environment.NewLine}  {string.Join(Environment.NewLine + "  ", lines)}");
    }
}
