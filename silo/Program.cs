using System.CommandLine;
using Fabric.Silo.Verbs;

// The host answers signals itself, with its own time to stop.
return await FabricCommand.Make().Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });
