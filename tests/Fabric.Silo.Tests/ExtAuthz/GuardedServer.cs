using Fabric.Silo.ExtAuthz;

namespace Fabric.Silo.Tests.ExtAuthz;

/// <summary>The host with rules for the paths of an invoice service.</summary>
public sealed class GuardedServer : IAsyncLifetime
{
    public EngineServer Server { get; } = new(options =>
    {
        options.ExtAuthz.Rules.Add(new ExtAuthzRuleSettings { Methods = "GET,HEAD", Path = "/invoices/{id}", Tool = "billing", Action = "read", Class = "read" });
        options.ExtAuthz.Rules.Add(new ExtAuthzRuleSettings { Methods = "POST", Path = "/invoices/{id}", Tool = "billing", Action = "pay", Class = "write" });
        options.ExtAuthz.Rules.Add(new ExtAuthzRuleSettings { Methods = "POST", Path = "/reads/{id}", Tool = "billing", Action = "get", Resource = "invoices/{id}", Class = "write" });
        options.ExtAuthz.Rules.Add(new ExtAuthzRuleSettings { Path = "/files/{*rest}", Tool = "files", Action = "{method}", Resource = "shared/{rest}", Environment = "prod" });
        options.ExtAuthz.Rules.Add(new ExtAuthzRuleSettings { Path = "/elsewhere", Tool = "files", Resource = "shared/x", Environment = "prod", Audience = "elsewhere" });
    });

    public Task InitializeAsync() => Server.InitializeAsync();

    public Task DisposeAsync() => Server.DisposeAsync();
}
