using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Fabric.LoadTests.Compare.Peers;

/// <summary>The least that ASP.NET can do: a minimal POST that returns a constant, in a process of its own.</summary>
internal static class ConstantHost
{
    /// <summary>The hidden verb that runs it: a port follows.</summary>
    public const string Verb = "constant-host";

    // As long as a decision of Fabric's is.
    private const string Answer =
        """{"allowed":true,"revision":1234,"stalenessMs":0,"tenant":"acme","user":"user-0000001","agent":"assistant-0000001","session":"00000000-0000-0000-0000-000000000000","credential":"00000000-0000-0000-0000-000000000000"}""";

    /// <summary>Serves until it is told to end.</summary>
    public static async Task<int> RunAsync(string port)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ListenLocalhost(int.Parse(port, CultureInfo.InvariantCulture)));
        await using var app = builder.Build();
        app.MapPost("/v1/check", () => TypedResults.Text(Answer, "application/json"));
        await app.RunAsync();
        return 0;
    }
}
