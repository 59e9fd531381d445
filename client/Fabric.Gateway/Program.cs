using Fabric.Gateway;

// Where settings come from, the later ones winning: the file after `--config`, environment variables (`Gateway__Urls`), `--Gateway:Urls=...`.
GatewaySettings settings;
try
{
    settings = SettingsReader.Read(args);
}
catch (Exception fault) when (fault is InvalidDataException or InvalidOperationException or IOException or FormatException or ArgumentException or UnauthorizedAccessException)
{
    await Console.Error.WriteLineAsync($"fabric-gateway: {fault.Message}");
    return 2;
}

try
{
    await using var app = GatewayHost.Build(settings);
    await app.RunAsync();
    return 0;
}
catch (Exception fault) when (fault is IOException or ArgumentException or UriFormatException)
{
    await Console.Error.WriteLineAsync($"fabric-gateway: {fault.Message}");
    return 1;
}
