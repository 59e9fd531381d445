using Fabric.Client;
using Fabric.Client.Feed;
using Fabric.Client.Mcp;
using Fabric.McpServer;
using ModelContextProtocol.AspNetCore;

// `stdio`: over the standard streams. `http`: plain, at an address. `guarded`: behind the guard, at an address; the fabric's address, the file of its secret and the tenant come from the environment.
var mode = args.FirstOrDefault() ?? "stdio";
if (mode == "stdio")
{
    var console = Host.CreateEmptyApplicationBuilder(null);
    Offer(console.Services.AddMcpServer()).WithStdioServerTransport();
    await console.Build().RunAsync();
    return;
}

var builder = WebApplication.CreateSlimBuilder();
builder.Logging.SetMinimumLevel(LogLevel.Warning);
var isStateful = args.Contains("stateful", StringComparer.Ordinal);
var mcp = Offer(builder.Services.AddMcpServer(options => options.ServerInfo = new() { Name = "notes", Version = "1" }))
    .WithHttpTransport(options => options.SessionMode = isStateful ? HttpServerSessionMode.StatefulForInitializeClients : HttpServerSessionMode.Stateless);
if (mode == "guarded")
{
    var fabric = Environment.GetEnvironmentVariable("FABRIC_ADDRESS")!;
    var tenant = Environment.GetEnvironmentVariable("FABRIC_TENANT")!;
    builder.Services.AddFabric(options => options.Tenant = tenant).FromFabric(fabric, (await File.ReadAllTextAsync(Environment.GetEnvironmentVariable("FABRIC_SECRET_FILE")!)).Trim());
    mcp.WithFabricGuard(options =>
    {
        options.Resource = $"{args[1]}/mcp";
        options.AuthorizationServers.Add($"{fabric}/tenants/{tenant}");
        options.ScopesSupported.Add("notes:echo");
        options.Tools["write"] = new McpToolRule("notes/{*path}");
        options.Tools["erase"] = new McpToolRule("notes/{*path}");
    });
}

var app = builder.Build();
app.Urls.Add(args[1]);
_ = mode == "guarded" ? app.MapFabricMcp("/mcp") : app.MapMcp("/mcp");
await app.RunAsync();

static IMcpServerBuilder Offer(IMcpServerBuilder mcp) => mcp.WithTools<NoteTools>().WithResources<Notes>().WithPrompts<Notes>();
