using System.Net.Http.Headers;
using Fabric.Contracts.Keys;
using Fabric.Silo.Api;

namespace Fabric.Silo.Tests.Api;

/// <summary>What lasts ends with the key that it was opened with.</summary>
public sealed class LongLivedTests(EngineServer server) : IClassFixture<EngineServer>
{
    [Fact]
    [Trait("Invariant", "T1")]
    public async Task A_stream_of_changes_ends_when_its_key_is_revoked()
    {
        var made = (await server.Operator.MakeApiKeyAsync(new MakeApiKey("auditor", "ines"))).Value;
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/changes");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", made.Secret);
        request.Headers.Accept.ParseAdd("text/event-stream");
        using var response = await server.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        Assert.True(response.IsSuccessStatusCode);

        Assert.True((await server.Operator.RevokeApiKeyAsync(made.Key.Id)).IsOk);
        await using var stream = await response.Content.ReadAsStreamAsync();
        await stream.CopyToAsync(Stream.Null).WaitAsync(TimeSpan.FromSeconds(60));
    }

    [Fact]
    public void The_feed_the_changes_and_polls_for_signals_ask_again() => Assert.Equal(
        ["/tenants/{t}/ssf/poll/{id}", "/v1/changes", "/v1/feed"],
        Surface.Verify(server.App).Where(endpoint => endpoint.Metadata.GetMetadata<LongLived>() is not null)
            .Select(endpoint => ((Microsoft.AspNetCore.Routing.RouteEndpoint)endpoint).RoutePattern.RawText).Order(StringComparer.Ordinal));
}
