using System.CommandLine;

namespace Fabric.Silo.Verbs;

/// <summary>`check-config`: says whether the settings hold, and what they are. Starts nothing.</summary>
internal static class CheckConfigVerb
{
    public static Command Make()
    {
        var verb = new Command("check-config", "Check the settings without starting anything.");
        Settings.AddTo(verb);
        verb.SetAction(parsed =>
        {
            if (Settings.Read(parsed) is not { } options)
            {
                return ExitCodes.BadConfiguration;
            }
            var output = parsed.InvocationConfiguration.Output;
            output.WriteLine("the settings hold");
            output.WriteLine($"  engine       {options.Engine}");
            output.WriteLine(options.IsCluster ? $"  cluster      {options.Cluster.ClusterId}" : $"  data folder  {Path.GetFullPath(options.DataFolder)}");
            output.WriteLine($"  urls         {options.Urls}");
            output.WriteLine($"  issuer       {options.Issuer}");
            output.WriteLine($"  audience     {options.DefaultAudience}");
            output.WriteLine($"  master key   {(options.MasterKey is null ? "a file in the data folder" : "from the configuration")}");
            output.WriteLine($"  tls          {(options.Tls.IsSet ? "on" : "off")}");
            return ExitCodes.Ok;
        });
        return verb;
    }
}
