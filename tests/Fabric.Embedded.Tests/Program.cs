using Fabric.Embedded.Tests.Fixtures;

// Run by the crash tests as a process of its own, to be killed: `Fabric.Embedded.Tests VERB FOLDER`.
return args switch
{
    ["append", var folder] => CrashChild.Append(folder),
    ["hold", var folder] => CrashChild.Hold(folder),
    _ => 64,
};
