using System.Net.Http.Headers;
using System.Text;
using Fabric.Silo.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fabric.Silo.Tests;

/// <summary>The host on a free port around a <see cref="StubEngine"/>.</summary>
public sealed class StubServer : IAsyncLifetime
{
    internal StubEngine Engine { get; } = new();

    public WebApplication App { get; private set; } = null!;

    public HttpClient Http { get; } = new();

    public async Task InitializeAsync()
    {
        App = SiloHost.Build(new SiloOptions { Urls = "http://127.0.0.1:0" }, Engine, NullLoggerFactory.Instance);
        await App.StartAsync();
        Http.BaseAddress = new Uri(App.Urls.First());
    }

    public async Task DisposeAsync()
    {
        Http.Dispose();
        await App.DisposeAsync();
        await Engine.DisposeAsync();
    }

    public Task<HttpResponseMessage> SendAsync(string method, string path, string? secret, HttpContent? body = null, params (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(new HttpMethod(method), path) { Content = body };
        if (secret is not null)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", secret);
        }
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }
        return Http.SendAsync(request);
    }

    public static StringContent Json(string text) => new(text, Encoding.UTF8, "application/json");
}
