using System.CommandLine;
using Fabric.LoadTests;
using Fabric.LoadTests.Compare.Peers;
using Fabric.LoadTests.Processes;

if (args is [EdgeChild.Verb, .. var edgeArgs])
{
    return await EdgeChild.RunAsync(edgeArgs);
}

if (args is [StormChild.Verb, .. var stormArgs])
{
    return await StormChild.RunAsync(stormArgs);
}

if (args is [ConstantHost.Verb, var port])
{
    return await ConstantHost.RunAsync(port);
}

// Whoever interrupts a run waits until the processes that it has started have ended.
return await LoadCommands.Build().Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromMinutes(1) });
