using Fabric.LoadTests;
using Fabric.LoadTests.Compare.Peers;
using Fabric.LoadTests.Processes;

if (args is [EdgeChild.Verb, .. var edgeArgs])
{
    return await EdgeChild.RunAsync(edgeArgs);
}

if (args is [ConstantHost.Verb, var port])
{
    return await ConstantHost.RunAsync(port);
}

return await LoadCommands.Build().Parse(args).InvokeAsync();
