using System.Net;
using System.Text.RegularExpressions;
using System.Web;

namespace Fabric.Silo.Tests.OAuth;

/// <summary>A browser with cookies of its own, as a user has one: it follows no redirect by itself, and reads pages as text.</summary>
public sealed partial class Browser(Uri address) : IDisposable
{
    /// <summary>What the hosts under test call themselves.</summary>
    public const string Issuer = "https://fabric.local";

    private readonly Dictionary<string, string> _cookies = new(StringComparer.Ordinal);

    private readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false });

    /// <summary>The host that it talks to now.</summary>
    public Uri Address { get; set; } = address;

    public IReadOnlyDictionary<string, string> Cookies => _cookies;

    /// <summary>What the last answer's Set-Cookie headers said.</summary>
    public IReadOnlyList<string> Set { get; private set; } = [];

    public void Drop(string prefix) => _cookies.Keys.Where(name => name.Contains(prefix, StringComparison.Ordinal)).ToList().ForEach(name => _cookies.Remove(name));

    public void Take(Browser other) => other._cookies.ToList().ForEach(cookie => _cookies[cookie.Key] = cookie.Value);

    public Task<Page> GetAsync(string path, params (string Name, string Value)[] headers) => SendAsync(new HttpRequestMessage(HttpMethod.Get, new Uri(Address, Local(path))), headers);

    public Task<Page> PostAsync(string path, IEnumerable<KeyValuePair<string, string>> fields, params (string Name, string Value)[] headers) =>
        SendAsync(new HttpRequestMessage(HttpMethod.Post, new Uri(Address, Local(path))) { Content = new FormUrlEncodedContent(fields) }, headers);

    /// <summary>Sends the form of a page whose action ends so, with fields over the hidden ones; null takes one away.</summary>
    public Task<Page> SubmitAsync(Page page, string action, params (string Name, string? Value)[] fields)
    {
        var form = page.Form(action);
        foreach (var (name, value) in fields)
        {
            _ = value is null ? form.Remove(name) : (form[name] = value) is not null;
        }
        return PostAsync(page.Action(action), form);
    }

    /// <summary>Goes to a page, signing in on the way when asked to.</summary>
    public async Task<Page> OpenAsync(string path, string user, string password)
    {
        var page = await GetAsync(path);
        if (page.Status != 200 || !page.Text.Contains("name=\"password\"", StringComparison.Ordinal))
        {
            return page;
        }
        var signedIn = await SubmitAsync(page, "sign-in", ("user", user), ("password", password));
        Assert.True(signedIn.Status == 303, signedIn.Text);
        return await GetAsync(signedIn.Location!);
    }

    public void Dispose() => _http.Dispose();

    // The issuer's address stands for the host that the test started.
    private static string Local(string path) => path.StartsWith(Issuer, StringComparison.Ordinal) ? path[Issuer.Length..] : path;

    private async Task<Page> SendAsync(HttpRequestMessage request, (string Name, string Value)[] headers)
    {
        using (request)
        {
            if (_cookies.Count > 0)
            {
                request.Headers.TryAddWithoutValidation("Cookie", string.Join("; ", _cookies.Select(cookie => $"{cookie.Key}={cookie.Value}")));
            }
            foreach (var (name, value) in headers)
            {
                request.Headers.TryAddWithoutValidation(name, value);
            }
            using var answer = await _http.SendAsync(request);
            Set = answer.Headers.TryGetValues("Set-Cookie", out var set) ? [.. set] : [];
            foreach (var cookie in Set)
            {
                var (name, value) = (cookie[..cookie.IndexOf('=', StringComparison.Ordinal)], cookie[(cookie.IndexOf('=', StringComparison.Ordinal) + 1)..cookie.IndexOf(';', StringComparison.Ordinal)]);
                _ = value.Length == 0 ? _cookies.Remove(name) : (_cookies[name] = value) is not null;
            }
            var all = answer.Headers.Concat(answer.Content.Headers).ToDictionary(header => header.Key, header => string.Join(", ", header.Value), StringComparer.OrdinalIgnoreCase);
            return new Page((int)answer.StatusCode, await answer.Content.ReadAsStringAsync(), answer.Headers.Location?.OriginalString, all);
        }
    }

    /// <summary>What a browser was shown.</summary>
    public sealed record Page(int Status, string Text, string? Location, IReadOnlyDictionary<string, string> Headers)
    {
        /// <summary>A parameter of the address that the browser is sent to.</summary>
        public string? this[string name] => Location is null ? null : HttpUtility.ParseQueryString(new Uri(Location).Query)[name];

        public string Action(string ending) => WebUtility.HtmlDecode(FormOf(ending).Groups["action"].Value);

        public Dictionary<string, string> Form(string ending) => Hidden().Matches(FormOf(ending).Groups["body"].Value)
            .ToDictionary(match => match.Groups["name"].Value, match => WebUtility.HtmlDecode(match.Groups["value"].Value), StringComparer.Ordinal);

        private Match FormOf(string ending) => Forms().Matches(Text).FirstOrDefault(match => match.Groups["action"].Value.EndsWith(ending, StringComparison.Ordinal))
            ?? throw new InvalidOperationException($"{Status}: no form {ending} in {Text}");
    }

    [GeneratedRegex("<form method=\"post\" action=\"(?<action>[^\"]*)\">(?<body>.*?)</form>", RegexOptions.Singleline)]
    private static partial Regex Forms();

    [GeneratedRegex("<input type=\"hidden\" name=\"(?<name>[^\"]*)\" value=\"(?<value>[^\"]*)\">")]
    private static partial Regex Hidden();
}
