using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace Fabric.LoadTests.Compare.Sides;

/// <summary>A token, and the session that it is of where the server has such.</summary>
internal sealed record OAuthToken(string Text, string? Session);

/// <summary>A client of an authorization server, by `client_secret_basic` (RFC 6749 section 2.3.1).</summary>
internal sealed class OAuthClient : IDisposable
{
    private readonly Uri _address;
    private readonly string _folder;
    private readonly string _basic;

    /// <summary>A client. <paramref name="folder"/>: the path before the endpoints' names.</summary>
    public OAuthClient(Uri address, string folder, string id, string secret)
    {
        (_address, _folder) = (address, folder);
        _basic = Convert.ToBase64String(Encoding.ASCII.GetBytes($"{Uri.EscapeDataString(id)}:{Uri.EscapeDataString(secret)}"));
        Caller = new HttpCaller(address, new AuthenticationHeaderValue("Basic", _basic));
    }

    /// <summary>Single requests of this client.</summary>
    public HttpCaller Caller { get; }

    /// <summary>A request as it goes over the wire.</summary>
    public byte[] Post(string endpoint, string form) => Encoding.ASCII.GetBytes(
        $"POST {_folder}{endpoint} HTTP/1.1\r\nHost: {_address.Authority}\r\nAuthorization: Basic {_basic}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        + $"Content-Length: {form.Length}\r\n\r\n{form}");

    /// <summary>A token by client credentials (RFC 6749 section 4.4), with more fields of the request.</summary>
    public async Task<OAuthToken> TokenAsync(params KeyValuePair<string, string>[] fields)
    {
        using var answer = JsonDocument.Parse(await Caller.PostFormAsync($"{_folder}token", [KeyValuePair.Create("grant_type", "client_credentials"), .. fields]));
        return new OAuthToken(
            answer.RootElement.GetProperty("access_token").GetString()!, answer.RootElement.TryGetProperty("session", out var session) ? session.GetString() : null);
    }

    /// <summary>Throws <see cref="LoadException"/> when the server's introspection (RFC 7662) says anything else of a token than this.</summary>
    public async Task NeedActiveAsync(string endpoint, string token, bool active)
    {
        using var answer = JsonDocument.Parse(await Caller.PostFormAsync($"{_folder}{endpoint}", KeyValuePair.Create("token", token)));
        if (answer.RootElement.GetProperty("active").GetBoolean() != active)
        {
            throw new LoadException($"{_address} says of a token that it is {(active ? "not " : "")}active");
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Caller.Dispose();
}
