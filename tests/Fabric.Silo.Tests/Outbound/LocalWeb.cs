using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace Fabric.Silo.Tests.Outbound;

/// <summary>A web server of somebody else, on loopback, which does whatever it is told and counts what it was asked.</summary>
public sealed class LocalWeb : IAsyncDisposable
{
    private static readonly ConcurrentDictionary<int, byte> Had = new();

    private readonly WebApplication _app;

    private LocalWeb(WebApplication app) => _app = app;

    /// <summary>What it answers.</summary>
    public RequestDelegate Answer { get; set; } = context => context.Response.WriteAsync("nothing");

    /// <summary>The paths that were asked for.</summary>
    public ConcurrentQueue<string> Asked { get; } = new();

    public string Address => _app.Urls.First();

    public int Port => new Uri(Address).Port;

    public Uri Url(string path = "/") => new(new Uri(Address), path);

    /// <summary>Starts one at an address that none of this run has had: hosts keep by address what they were told there, and would take it for this one's.</summary>
    public static async Task<LocalWeb> StartAsync(bool isTls = false)
    {
        var web = await StartAnywhereAsync(isTls);
        if (Had.TryAdd(web.Port, 0))
        {
            return web;
        }

        // Its port stays taken until the other has one.
        await using (web)
        {
            return await StartAsync(isTls);
        }
    }

    private static async Task<LocalWeb> StartAnywhereAsync(bool isTls)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore();
        builder.WebHost.UseUrls(isTls ? "https://127.0.0.1:0" : "http://127.0.0.1:0");
        if (isTls)
        {
            builder.WebHost.UseKestrelHttpsConfiguration();
            builder.WebHost.ConfigureKestrel(kestrel => kestrel.ConfigureHttpsDefaults(https => https.ServerCertificate = Certificate()));
        }
        var web = new LocalWeb(builder.Build());
        web._app.Run(context =>
        {
            web.Asked.Enqueue(context.Request.Path);
            return web.Answer(context);
        });
        await web._app.StartAsync();
        return web;
    }

    /// <summary>Answers JSON.</summary>
    public static Task JsonAsync(HttpContext context, string json, string type = "application/json")
    {
        context.Response.ContentType = type;
        return context.Response.WriteAsync(json);
    }

    /// <summary>Waits until the client has given up.</summary>
    public static async Task UntilGoneAsync(HttpContext context)
    {
        var gone = new TaskCompletionSource();
        await using var registered = context.RequestAborted.Register(gone.SetResult);
        await gone.Task;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private static X509Certificate2 Certificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }
}
