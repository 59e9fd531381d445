using System.Text.Json;

namespace Fabric.Silo.Tests.Hosting;

public sealed class RuntimeSettingsTests
{
    [Theory]
    [InlineData("System.Threading.ThreadPool.UnfairSemaphoreSpinLimit", "0")]
    [InlineData("System.GC.Server", "False")]
    public void The_host_runs_with_the_settings_that_its_figures_were_measured_with(string name, string value)
    {
        using var settings = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Fabric.Silo.runtimeconfig.json")));

        var set = settings.RootElement.GetProperty("runtimeOptions").GetProperty("configProperties").GetProperty(name);

        Assert.Equal(value, set.ToString());
    }
}
