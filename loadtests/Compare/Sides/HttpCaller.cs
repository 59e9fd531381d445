using System.Net.Http.Headers;

namespace Fabric.LoadTests.Compare.Sides;

/// <summary>Single HTTP requests, for latencies from a schedule.</summary>
internal sealed class HttpCaller : IDisposable
{
    private readonly HttpClient _http;

    /// <summary>Calls a host with a bearer secret.</summary>
    public HttpCaller(Uri address, string bearer)
        : this(address, new AuthenticationHeaderValue("Bearer", bearer))
    {
    }

    /// <summary>The same with any authorization.</summary>
    public HttpCaller(Uri address, AuthenticationHeaderValue authorization)
    {
        _http = new HttpClient { BaseAddress = address, Timeout = TimeSpan.FromSeconds(10) };
        _http.DefaultRequestHeaders.Authorization = authorization;
    }

    /// <summary>Posts JSON and reads the answer. Throws <see cref="LoadException"/> on one that is no success.</summary>
    public async ValueTask PostAsync(string path, string json)
    {
        using var content = new StringContent(json, new MediaTypeHeaderValue("application/json"));
        _ = await SendAsync(path, content);
    }

    /// <summary>Posts a form and returns the answer's text. Throws <see cref="LoadException"/> on one that is no success.</summary>
    public async Task<string> PostFormAsync(string path, params KeyValuePair<string, string>[] fields)
    {
        using var content = new FormUrlEncodedContent(fields);
        return await SendAsync(path, content);
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private async Task<string> SendAsync(string path, HttpContent content)
    {
        using var answer = await _http.PostAsync(path, content);
        var text = await answer.Content.ReadAsStringAsync();

        // Not the body: it may hold a token.
        return answer.IsSuccessStatusCode ? text : throw new LoadException($"{path} answered with status {(int)answer.StatusCode}");
    }
}
