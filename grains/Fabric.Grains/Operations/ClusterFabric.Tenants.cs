using Fabric.Contracts.Common;
using Fabric.Contracts.Keys;
using Fabric.Contracts.Revocations;
using Fabric.Contracts.Tenants;
using Fabric.Core.Common;
using Fabric.Core.Journal;
using Fabric.Core.Keys;
using Fabric.Core.Tenants;
using Fabric.Engine;
using Fabric.Engine.Wire;
using Fabric.Grains.Directory;
using Fabric.Grains.Wire;

namespace Fabric.Grains.Operations;

internal sealed partial class ClusterFabric
{
    public async ValueTask<Outcome<TenantInfo>> CreateTenantAsync(CreateTenant command, CancellationToken cancellation = default)
    {
        if (caller.Role != Role.Operator)
        {
            return new Rejection(Codes.Forbidden, Caller.NameOf(caller.Role), "only operators create tenants");
        }

        if (Names.CheckId("id", command.Id) is { } bad)
        {
            return bad;
        }

        lock (Directory.Gate)
        {
            if (Directory.Tenant_NeedsLock(command.Id) is null
                && CountLimits.Refuse(Directory.Tenants.Count, Counts.Tenants, "fabric", "tenants") is { } full)
            {
                return full;
            }
        }

        var limits = LimitsWire.Of(InfoWire.Limits(command.Limits, TenantLimits.Default));
        return await ChangedAsync(
            () => TenantGrain(command.Id).CreateAsync(caller.Name, command.Name, limits, command.RequireApproval),
            revision => InfoWire.Tenant(Directory.Tenants[command.Id].State, null, revision)).ConfigureAwait(false);
    }

    public async ValueTask<Outcome<TenantInfo>> UpdateTenantAsync(string tenant, UpdateTenant command, CancellationToken cancellation = default)
    {
        if (Refuse(Role.Operator, tenant) is { } refused)
        {
            return refused;
        }

        LimitsWire? limits = null;
        lock (Directory.Gate)
        {
            if (Directory.Tenant_NeedsLock(tenant) is not { } card)
            {
                return Missing(tenant);
            }

            if (command.Limits is not null)
            {
                limits = LimitsWire.Of(InfoWire.Limits(command.Limits, card.State.Limits));
            }
        }

        return await ChangedAsync(
            () => TenantGrain(tenant).AmendAsync(caller.Name, command.Name, limits, command.RequireApproval),
            revision => InfoWire.Tenant(Directory.Tenants[tenant].State, null, revision)).ConfigureAwait(false);
    }

    public ValueTask<Outcome<TenantInfo>> GetTenantAsync(string tenant, CancellationToken cancellation = default)
    {
        if (Refuse(Readers, tenant) is { } refused)
        {
            return new(refused);
        }

        lock (Directory.Gate)
        {
            return new(Directory.Tenant_NeedsLock(tenant) is { } card ? InfoOf_NeedsLock(card, Now) : Missing(tenant));
        }
    }

    public ValueTask<Outcome<Page<TenantInfo>>> ListTenantsAsync(PageQuery query, CancellationToken cancellation = default)
    {
        if ((Refuse(Readers, caller.Tenant) ?? CheckPage(query)) is { } refused)
        {
            return new(refused);
        }

        lock (Directory.Gate)
        {
            var now = Now;
            return new(PageOf(Directory.Tenants, query, card => caller.Tenant is null || caller.Tenant == card.State.Id, card => InfoOf_NeedsLock(card, now)));
        }
    }

    public async ValueTask<Outcome<JsonWebKeySetDto>> RotateSigningKeyAsync(string tenant, CancellationToken cancellation = default) =>
        Refuse(Admins, tenant) is { } refused
            ? refused
            : await ChangedAsync(() => TenantGrain(tenant).RotateKeyAsync(caller.Name), _ => JwksOf_NeedsLock(Directory.Tenants[tenant])).ConfigureAwait(false);

    public async ValueTask<Outcome<Receipt>> RevokeSigningKeyAsync(string tenant, string kid, EndNode command, CancellationToken cancellation = default)
    {
        if ((Refuse(Admins, tenant) ?? CheckWait(command.Wait, command.TimeoutMs) ?? Names.CheckText("reason", command.Reason, required: true)) is { } refused)
        {
            return refused;
        }

        var now = Now;
        var ended = await AskAsync(() => TenantGrain(tenant).RevokeKeyAsync(caller.Name, kid, command.Reason)).ConfigureAwait(false);
        return ended.IsOk ? await ReceiptAsync(ended.Value, now, command.Wait, command.TimeoutMs, cancellation).ConfigureAwait(false) : ended.Rejection;
    }

    public ValueTask<Outcome<JsonWebKeySetDto>> GetSigningKeysAsync(string tenant, CancellationToken cancellation = default)
    {
        lock (Directory.Gate)
        {
            return new(Directory.Tenant_NeedsLock(tenant) is { } card ? JwksOf_NeedsLock(card) : Missing(tenant));
        }
    }

    public async ValueTask<Outcome<ApiKeyWithSecret>> MakeApiKeyAsync(MakeApiKey command, CancellationToken cancellation = default)
    {
        var role = Caller.RoleOf(command.Role ?? "");
        if ((Refuse(Admins, command.Tenant) ?? ApiKeyCheck.Check(command, role, caller)) is { } refused)
        {
            return refused;
        }

        var (id, secret) = Secrets.MakeApiKey();
        var now = Now;
        var expires = command.ExpiresAt is { } moment ? Instant.From(moment) : Instant.Never;
        if (command.ExpiresAt is not null && (expires <= now || expires > now + ApiKeyCheck.LifetimeMax))
        {
            return new Rejection(Codes.InvalidField, "expiresAt", "an API key ends within ten years from now");
        }

        lock (Directory.Gate)
        {
            if (command.Tenant is not null && Directory.Tenant_NeedsLock(command.Tenant) is null)
            {
                return Missing(command.Tenant);
            }

            var count = Directory.ApiKeys.Values.Count(card => card.Caller.Tenant == command.Tenant);
            if (CountLimits.Refuse(count, Counts.ApiKeys, command.Tenant ?? "fabric", "API keys") is { } full)
            {
                return full;
            }
        }

        var made = new ApiKeyMade(id, (int)role, command.Subject, command.Tenant, expires, Secrets.Hash(secret));
        FabricEvent[] events = command.BestEffortSeconds is { } seconds ? [made, new BestEffortGranted(id, command.Tenant, seconds * 1_000L)] : [made];
        var logged = await Parts.Client.AppendAsync(Parts.NextId(now), caller.Name, now, events).ConfigureAwait(false);
        if (!logged.IsOk)
        {
            return logged.Rejection;
        }

        lock (Directory.Gate)
        {
            return new ApiKeyWithSecret(InfoOf(Directory.ApiKeys[id]), secret);
        }
    }

    public ValueTask<Outcome<Page<ApiKeyInfo>>> ListApiKeysAsync(PageQuery query, CancellationToken cancellation = default)
    {
        if ((Refuse(Admins, caller.Tenant) ?? CheckPage(query)) is { } refused)
        {
            return new(refused);
        }

        lock (Directory.Gate)
        {
            return new(PageOf(Directory.ApiKeys, query, card => caller.Tenant is null || caller.Tenant == card.Caller.Tenant, InfoOf));
        }
    }

    public async ValueTask<Outcome<ApiKeyInfo>> RevokeApiKeyAsync(string id, CancellationToken cancellation = default)
    {
        if (Refuse(Admins, caller.Tenant) is { } refused)
        {
            return refused;
        }

        ApiKeyCard? card;
        lock (Directory.Gate)
        {
            if (!Directory.ApiKeys.TryGetValue(id, out card) || (caller.Tenant is not null && caller.Tenant != card.Caller.Tenant))
            {
                return Missing(id);
            }
        }

        if (card.RevokedAt is null)
        {
            var now = Now;
            var logged = await Parts.Client.AppendAsync(Parts.NextId(now), caller.Name, now, [new ApiKeyRevoked(id, card.Caller.Tenant)]).ConfigureAwait(false);
            if (!logged.IsOk)
            {
                return logged.Rejection;
            }
        }

        lock (Directory.Gate)
        {
            return InfoOf(Directory.ApiKeys[id]);
        }
    }

    private TenantInfo InfoOf_NeedsLock(TenantCard card, Instant now) =>
        InfoWire.Tenant(card.State, Directory.LockedUntil_NeedsLock(card.State.Handle, now), Revision);

    private static JsonWebKeySetDto JwksOf_NeedsLock(TenantCard card) => new([.. card.Keys.Where(entry => !entry.Key.IsRevoked).Select(entry => new JsonWebKeyDto(
        "EC", "P-256", Base64Url(entry.Key.X), Base64Url(entry.Key.Y), entry.Key.Kid, "ES256", "sig"))]);

    private static string Base64Url(ReadOnlyMemory<byte> bytes) => System.Buffers.Text.Base64Url.EncodeToString(bytes.Span);

    private static ApiKeyInfo InfoOf(ApiKeyCard card) => new(
        card.Id, Caller.NameOf(card.Caller.Role), card.Caller.Subject, card.Caller.Tenant, card.CreatedAt.ToDateTimeOffset(),
        card.ExpiresAt == Instant.Never ? null : card.ExpiresAt.ToDateTimeOffset(), card.RevokedAt?.ToDateTimeOffset(),
        card.Caller.BestEffort > TimeSpan.Zero ? (int)card.Caller.BestEffort.TotalSeconds : null);
}
