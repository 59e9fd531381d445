using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Fabric.Contracts;
using Fabric.Contracts.Common;
using Fabric.Core.Common;

namespace Fabric.Client.Http;

/// <summary>
/// Sends calls, to one address after the other while that does no harm: a call that may be repeated goes on after any failure, another one only
/// when it certainly was not taken. The address that answered is asked first the next time.
/// </summary>
internal sealed class HttpWire(FabricHttpClientOptions options, HttpClient http)
{
    private readonly AuthenticationHeaderValue? _secret = options.Secret is null ? null : new("Bearer", options.Secret);
    private int _preferred;

    public int AddressCount => options.Addresses.Count;

    public async ValueTask<Outcome<T>> SendAsync<T>(HttpCall call, JsonTypeInfo<T> answer, CancellationToken cancellation)
    {
        var first = _preferred;
        Attempt<T> last = default;
        for (var i = 0; i < AddressCount; i++)
        {
            var at = (first + i) % AddressCount;
            last = await TryAsync(call, options.Addresses[at], answer, cancellation);
            if (!last.TryNext)
            {
                _preferred = at;
                return last.Outcome;
            }
        }
        return last.Outcome;
    }

    /// <summary>Opens a stream at the preferred address; on a failure the next one is preferred. The caller disposes the response.</summary>
    public async Task<Outcome<HttpResponseMessage>> OpenAsync(HttpCall call, Action<HttpRequestMessage> adjust, CancellationToken cancellation)
    {
        var at = _preferred;
        var address = options.Addresses[at];
        var failure = Unreachable(address);
        using var timeout = new CancellationTokenSource(options.Timeout, options.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellation);
        try
        {
            using var request = call.Request(address, _secret);
            adjust(request);
            var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token);
            if (response.IsSuccessStatusCode)
            {
                return response;
            }
            using (response)
            {
                failure = await RefusalAsync(response, address, either.Token);
            }
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            // Too late: said by `failure`.
        }
        catch (Exception fault) when (fault is HttpRequestException or IOException or JsonException)
        {
            // Said by `failure`.
        }
        _preferred = (at + 1) % AddressCount;
        return failure;
    }

    private async Task<Attempt<T>> TryAsync<T>(HttpCall call, Uri address, JsonTypeInfo<T> answer, CancellationToken cancellation)
    {
        using var timeout = new CancellationTokenSource(options.Timeout, options.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellation);
        try
        {
            using var request = call.Request(address, _secret);
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token);
            if (!response.IsSuccessStatusCode)
            {
                var refusal = await RefusalAsync(response, address, either.Token);
                // `fabric.stopping` is said before anything is done.
                var isElsewhere = refusal.Code == Codes.Stopping || (call.IsRepeatable && refusal.Code == Codes.Unreachable);
                return new(refusal, isElsewhere);
            }
            await using var body = await response.Content.ReadAsStreamAsync(either.Token);
            var value = await JsonSerializer.DeserializeAsync(body, answer, either.Token);
            return value is null ? new(NoFabric(address, response.StatusCode), call.IsRepeatable) : new(value, false);
        }
        catch (HttpRequestException fault)
        {
            return new(Unreachable(address), call.IsRepeatable || WasNotSent(fault));
        }
        catch (IOException)
        {
            return new(Unreachable(address), call.IsRepeatable);
        }
        catch (JsonException)
        {
            return new(NoFabric(address, HttpStatusCode.OK), call.IsRepeatable);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return new(Unreachable(address), call.IsRepeatable);
        }
    }

    private static async Task<Rejection> RefusalAsync(HttpResponseMessage response, Uri address, CancellationToken cancellation)
    {
        if (response.Content.Headers.ContentType?.MediaType == Problem.MediaType)
        {
            await using var body = await response.Content.ReadAsStreamAsync(cancellation);
            if (await JsonSerializer.DeserializeAsync(body, FabricJson.Answers.Problem, cancellation) is { } problem)
            {
                return new Rejection(problem.Code, problem.Subject, problem.Detail);
            }
        }
        // What a web server refuses before it has a request (RFC 9110 section 15.5).
        return (int)response.StatusCode is 400 or 408 or 413 or 414 or 431
            ? new Rejection(Codes.BrokenRequest, address.Authority, $"the request breaks HTTP or its limits (HTTP {(int)response.StatusCode})")
            : NoFabric(address, response.StatusCode);
    }

    private static bool WasNotSent(HttpRequestException fault) =>
        fault.HttpRequestError is HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError
            or HttpRequestError.ProxyTunnelError;

    private static Rejection Unreachable(Uri address) => new(Codes.Unreachable, address.Authority, "the fabric could not be reached, or did not answer in time");

    private static Rejection NoFabric(Uri address, HttpStatusCode status) =>
        new(Codes.Unreachable, address.Authority, $"the answer is not one of a fabric (HTTP {(int)status})");

    private readonly record struct Attempt<T>(Outcome<T> Outcome, bool TryNext);
}
