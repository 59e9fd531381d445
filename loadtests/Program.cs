using Fabric.LoadTests;
using Fabric.LoadTests.Processes;

if (args is [EdgeChild.Verb, .. var edgeArgs])
{
    return await EdgeChild.RunAsync(edgeArgs);
}

return await LoadCommands.Build().Parse(args).InvokeAsync();
