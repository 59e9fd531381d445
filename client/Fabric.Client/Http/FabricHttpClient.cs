using Fabric.Contracts;
using Fabric.Contracts.Common;
using Fabric.Contracts.Keys;
using Fabric.Contracts.Revocations;
using Fabric.Contracts.Tenants;
using Fabric.Contracts.Trust;
using Fabric.Contracts.Users;
using Fabric.Core.Common;

namespace Fabric.Client.Http;

/// <summary>
/// The fabric over its HTTP API, for the holder of one secret. Refusals are values, also `fabric.unreachable`. Thread-safe; make one and keep it.
/// </summary>
public sealed partial class FabricHttpClient : IFabric, IDisposable
{
    private static readonly FabricJson Json = FabricJson.Answers;
    private readonly FabricHttpClientOptions _options;
    private readonly HttpClient _http;
    private readonly HttpWire _wire;
    private readonly bool _ownsHttp;

    /// <summary>A client. <paramref name="http"/>: to send through; null: one of its own. Its time-out does not count, the options' does.</summary>
    public FabricHttpClient(FabricHttpClientOptions options, HttpClient? http = null)
    {
        if (options.Addresses.Count == 0)
        {
            throw new ArgumentException("at least one address is needed", nameof(options));
        }
        _options = options;
        _ownsHttp = http is null;
        _http = http ?? new HttpClient(new SocketsHttpHandler
        {
            ConnectTimeout = TimeSpan.FromSeconds(5),
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        })
        { Timeout = Timeout.InfiniteTimeSpan };
        _wire = new HttpWire(options, _http);
    }

    /// <summary>A client of one address.</summary>
    public FabricHttpClient(Uri address, string? secret)
        : this(new FabricHttpClientOptions { Addresses = [address], Secret = secret })
    {
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_ownsHttp)
        {
            _http.Dispose();
        }
    }

    /// <inheritdoc/>
    public ValueTask<Outcome<TenantInfo>> CreateTenantAsync(CreateTenant command, CancellationToken cancellation = default) =>
        _wire.SendAsync(HttpCall.Post("/v1/tenants", command, Json.CreateTenant), Json.TenantInfo, cancellation);

    /// <inheritdoc/>
    public ValueTask<Outcome<TenantInfo>> UpdateTenantAsync(string tenant, UpdateTenant command, CancellationToken cancellation = default) =>
        _wire.SendAsync(HttpCall.Patch(Tenant(tenant), command, Json.UpdateTenant), Json.TenantInfo, cancellation);

    /// <inheritdoc/>
    public ValueTask<Outcome<TenantInfo>> GetTenantAsync(string tenant, CancellationToken cancellation = default) =>
        _wire.SendAsync(HttpCall.Get(Tenant(tenant)), Json.TenantInfo, cancellation);

    /// <inheritdoc/>
    public ValueTask<Outcome<Page<TenantInfo>>> ListTenantsAsync(PageQuery query, CancellationToken cancellation = default) =>
        _wire.SendAsync(List("/v1/tenants", query), Json.PageTenantInfo, cancellation);

    /// <inheritdoc/>
    public ValueTask<Outcome<JsonWebKeySetDto>> RotateSigningKeyAsync(string tenant, CancellationToken cancellation = default) =>
        _wire.SendAsync(HttpCall.Post(Tenant(tenant) + "/keys/rotate"), Json.JsonWebKeySetDto, cancellation);

    /// <inheritdoc/>
    public ValueTask<Outcome<Receipt>> RevokeSigningKeyAsync(string tenant, string kid, EndNode command, CancellationToken cancellation = default) =>
        _wire.SendAsync(
            HttpCall.Post($"{Tenant(tenant)}/keys/{UrlText.Segment(kid)}/revoke", command, Json.EndNode, isRepeatable: true), Json.Receipt, cancellation);

    /// <inheritdoc/>
    public ValueTask<Outcome<JsonWebKeySetDto>> GetSigningKeysAsync(string tenant, CancellationToken cancellation = default) =>
        _wire.SendAsync(HttpCall.Get(Tenant(tenant) + "/jwks.json"), Json.JsonWebKeySetDto, cancellation);

    /// <inheritdoc/>
    public ValueTask<Outcome<UserInfo>> CreateUserAsync(string tenant, CreateUser command, CancellationToken cancellation = default) =>
        _wire.SendAsync(HttpCall.Post(Tenant(tenant) + "/users", command, Json.CreateUser), Json.UserInfo, cancellation);

    /// <inheritdoc/>
    public ValueTask<Outcome<UserInfo>> UpdateUserAsync(string tenant, string user, UpdateUser command, CancellationToken cancellation = default) =>
        _wire.SendAsync(HttpCall.Patch(User(tenant, user), command, Json.UpdateUser), Json.UserInfo, cancellation);

    /// <inheritdoc/>
    public ValueTask<Outcome<UserInfo>> GetUserAsync(string tenant, string user, CancellationToken cancellation = default) =>
        _wire.SendAsync(HttpCall.Get(User(tenant, user)), Json.UserInfo, cancellation);

    /// <inheritdoc/>
    public ValueTask<Outcome<Page<UserInfo>>> ListUsersAsync(string tenant, PageQuery query, CancellationToken cancellation = default) =>
        _wire.SendAsync(List(Tenant(tenant) + "/users", query), Json.PageUserInfo, cancellation);

    /// <inheritdoc/>
    public ValueTask<Outcome<UserInfo>> SetUserSignInAsync(string tenant, string user, SetUserSignIn command, CancellationToken cancellation = default) =>
        _wire.SendAsync(HttpCall.Put(User(tenant, user) + "/sign-in", command, Json.SetUserSignIn), Json.UserInfo, cancellation);

    /// <inheritdoc/>
    public ValueTask<Outcome<Receipt>> OffboardUserAsync(string tenant, string user, EndNode command, CancellationToken cancellation = default) =>
        _wire.SendAsync(HttpCall.Post(User(tenant, user) + "/offboard", command, Json.EndNode), Json.Receipt, cancellation);

    /// <inheritdoc/>
    public ValueTask<Outcome<TrustInfo>> ProposeTrustAsync(string tenant, ProposeTrust command, CancellationToken cancellation = default) =>
        _wire.SendAsync(HttpCall.Post(Tenant(tenant) + "/trust", command, Json.ProposeTrust), Json.TrustInfo, cancellation);

    /// <inheritdoc/>
    public ValueTask<Outcome<TrustInfo>> AcceptTrustAsync(string tenant, string trust, CancellationToken cancellation = default) =>
        _wire.SendAsync(HttpCall.Post($"{Tenant(tenant)}/trust/{UrlText.Segment(trust)}/accept"), Json.TrustInfo, cancellation);

    /// <inheritdoc/>
    public ValueTask<Outcome<Page<TrustInfo>>> ListTrustAsync(string tenant, PageQuery query, CancellationToken cancellation = default) =>
        _wire.SendAsync(List(Tenant(tenant) + "/trust", query), Json.PageTrustInfo, cancellation);

    /// <inheritdoc/>
    public ValueTask<Outcome<ApiKeyWithSecret>> MakeApiKeyAsync(MakeApiKey command, CancellationToken cancellation = default) =>
        _wire.SendAsync(HttpCall.Post("/v1/keys", command, Json.MakeApiKey), Json.ApiKeyWithSecret, cancellation);

    /// <inheritdoc/>
    public ValueTask<Outcome<Page<ApiKeyInfo>>> ListApiKeysAsync(PageQuery query, CancellationToken cancellation = default) =>
        _wire.SendAsync(List("/v1/keys", query), Json.PageApiKeyInfo, cancellation);

    /// <inheritdoc/>
    public ValueTask<Outcome<ApiKeyInfo>> RevokeApiKeyAsync(string id, CancellationToken cancellation = default) =>
        _wire.SendAsync(HttpCall.Post($"/v1/keys/{UrlText.Segment(id)}/revoke"), Json.ApiKeyInfo, cancellation);

    private static string Tenant(string tenant) => "/v1/tenants/" + UrlText.Segment(tenant);

    private static string User(string tenant, string user) => $"{Tenant(tenant)}/users/{UrlText.Segment(user)}";

    private static HttpCall List(string path, PageQuery query) => HttpCall.Get(new UrlText(path).Page(query.Cursor, query.Limit).ToString());
}
