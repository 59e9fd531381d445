using System.CommandLine;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Fabric.Benchmarks.Running;

// BenchmarkDotNet's own command line: any of its jobs, filters and exporters, still in this process.
if (args is ["run", .. var rest])
{
    var config = ManualConfig.Create(DefaultConfig.Instance).WithArtifactsPath(Path.Combine(Path.GetTempPath(), "fabric-benchmarks"))
        .AddJob(Job.Default.WithToolchain(InProcessEmitToolchain.Instance));
    BenchmarkSwitcher.FromAssembly(typeof(Subject).Assembly).Run(rest, config);
    return 0;
}

return new RootCommand("Micro-benchmarks of the core paths. `run ...` takes BenchmarkDotNet's own options.") { CompareCommand.Build() }.Parse(args).Invoke();
