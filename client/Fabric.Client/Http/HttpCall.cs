using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Fabric.Client.Http;

/// <summary>One call, made as often as there are addresses to try. <paramref name="IsRepeatable"/>: made twice it does no harm.</summary>
internal readonly record struct HttpCall(HttpMethod Method, string Path, byte[]? Body, bool IsRepeatable)
{
    private static readonly MediaTypeHeaderValue Json = new("application/json");

    public static HttpCall Get(string path) => new(HttpMethod.Get, path, null, true);

    public static HttpCall Post(string path) => new(HttpMethod.Post, path, null, false);

    public static HttpCall Post<T>(string path, T body, JsonTypeInfo<T> type, bool isRepeatable = false) =>
        new(HttpMethod.Post, path, JsonSerializer.SerializeToUtf8Bytes(body, type), isRepeatable);

    public static HttpCall Patch<T>(string path, T body, JsonTypeInfo<T> type) =>
        new(HttpMethod.Patch, path, JsonSerializer.SerializeToUtf8Bytes(body, type), true);

    public static HttpCall Delete(string path) => new(HttpMethod.Delete, path, null, false);

    public static HttpCall Put<T>(string path, T body, JsonTypeInfo<T> type) =>
        new(HttpMethod.Put, path, JsonSerializer.SerializeToUtf8Bytes(body, type), true);

    public HttpRequestMessage Request(Uri address, AuthenticationHeaderValue? secret)
    {
        var request = new HttpRequestMessage(Method, new Uri(address, Path));
        request.Headers.Authorization = secret;
        if (Body is not null)
        {
            request.Content = new ByteArrayContent(Body);
            request.Content.Headers.ContentType = Json;
        }
        return request;
    }
}
