using System.CommandLine;
using Fabric.Silo.Hosting;

namespace Fabric.Silo.Verbs;

/// <summary>
/// Where settings come from, the later ones winning: `appsettings.json` in the working folder, `--config`, environment variables
/// (`Fabric__DataFolder`), options of the command line.
/// </summary>
internal static class Settings
{
    private static readonly Option<FileInfo?> Config = new("--config") { Description = "A JSON file with a section `Fabric`." };
    private static readonly Option<string?> Data = new("--data") { Description = "The data folder (`Fabric:DataFolder`)." };
    private static readonly Option<string?> Urls = new("--urls") { Description = "Where to listen, separated by `;` (`Fabric:Urls`)." };

    public static void AddTo(Command command)
    {
        command.Options.Add(Config);
        command.Options.Add(Data);
        command.Options.Add(Urls);
    }

    /// <summary>The settings; null when they do not hold, which is then said.</summary>
    public static SiloOptions? Read(ParseResult parsed)
    {
        IReadOnlyList<string> faults;
        try
        {
            (var options, faults) = SiloOptionsReader.Read(Load(parsed));
            if (faults.Count == 0)
            {
                return options;
            }
        }
        catch (Exception fault) when (fault is InvalidDataException or FileNotFoundException or FormatException)
        {
            faults = [fault.InnerException is null ? fault.Message : $"{fault.Message} {fault.InnerException.Message}"];
        }
        foreach (var fault in faults)
        {
            Complaint.Say(parsed, fault);
        }
        return null;
    }

    private static IConfigurationRoot Load(ParseResult parsed)
    {
        var builder = new ConfigurationBuilder().SetBasePath(Directory.GetCurrentDirectory()).AddJsonFile("appsettings.json", optional: true);
        if (parsed.GetValue(Config) is { } file)
        {
            builder.AddJsonFile(file.FullName, optional: false);
        }
        builder.AddEnvironmentVariables();
        var given = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
        Add("DataFolder", parsed.GetValue(Data));
        Add("Urls", parsed.GetValue(Urls));
        return builder.AddInMemoryCollection(given).Build();

        void Add(string key, string? value)
        {
            if (value is not null)
            {
                given[$"{SiloOptions.Section}:{key}"] = value;
            }
        }
    }
}
