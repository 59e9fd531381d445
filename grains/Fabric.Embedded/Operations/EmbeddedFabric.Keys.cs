using Fabric.Contracts.Common;
using Fabric.Contracts.Keys;
using Fabric.Core.Common;
using Fabric.Core.Journal;
using Fabric.Core.Keys;
using Fabric.Embedded.Engine;
using Fabric.Engine;

namespace Fabric.Embedded.Operations;

internal sealed partial class EmbeddedFabric
{
    public ValueTask<Outcome<ApiKeyWithSecret>> MakeApiKeyAsync(MakeApiKey command, CancellationToken cancellation = default)
    {
        var role = Caller.RoleOf(command.Role ?? "");
        if ((Refuse(Admins, command.Tenant) ?? ApiKeyCheck.Check(command, role, caller)) is { } refused)
        {
            return new(refused);
        }

        var (id, secret) = Secrets.MakeApiKey();
        lock (Ledger.Gate)
        {
            var now = Now;
            var expires = command.ExpiresAt is { } moment ? Instant.From(moment) : Instant.Never;
            if (command.ExpiresAt is not null && (expires <= now || expires > now + ApiKeyCheck.LifetimeMax))
            {
                return new(new Rejection(Codes.InvalidField, "expiresAt", "an API key ends within ten years from now"));
            }

            if (command.Tenant is not null && World.Tenant(command.Tenant) is null)
            {
                return new(Missing(command.Tenant));
            }

            var count = command.Tenant is null ? World.KeysOfNoTenant : World.Tenant(command.Tenant)!.ApiKeys;
            if (CountLimits.Refuse(count, engine.Options.Counts.ApiKeys, command.Tenant ?? "fabric", "API keys") is { } full)
            {
                return new(full);
            }

            var made = new ApiKeyMade(id, (int)role, command.Subject, command.Tenant, expires, Secrets.Hash(secret));
            FabricEvent[] events = command.BestEffortSeconds is { } seconds ? [made, new BestEffortGranted(id, command.Tenant, seconds * 1_000L)] : [made];
            return WhenDurable_NeedsLock(Commit_NeedsLock(now, events), _ => new ApiKeyWithSecret(InfoOf(World.ApiKeys[id]), secret));
        }
    }

    public ValueTask<Outcome<Page<ApiKeyInfo>>> ListApiKeysAsync(PageQuery query, CancellationToken cancellation = default)
    {
        if ((Refuse(Admins, caller.Tenant) ?? CheckPage(query)) is { } refused)
        {
            return new(refused);
        }

        lock (Ledger.Gate)
        {
            return new(PageOf(World.ApiKeys, query, entry => caller.Tenant is null || caller.Tenant == entry.Caller.Tenant, InfoOf));
        }
    }

    public ValueTask<Outcome<ApiKeyInfo>> RevokeApiKeyAsync(string id, CancellationToken cancellation = default)
    {
        lock (Ledger.Gate)
        {
            if (Refuse(Admins, caller.Tenant) is { } refused)
            {
                return new(refused);
            }

            if (!World.ApiKeys.TryGetValue(id, out var entry) || (caller.Tenant is not null && caller.Tenant != entry.Caller.Tenant))
            {
                return new(Missing(id));
            }

            if (entry.RevokedAt is not null)
            {
                return new(InfoOf(entry));
            }

            // Like every revocation, in force at once, whatever the disk does.
            return WhenDurable_NeedsLock(
                Ledger.Emit_NeedsLock(caller.Name, Now, [new ApiKeyRevoked(id, entry.Caller.Tenant)], reserved: true), _ => InfoOf(entry));
        }
    }

    private static ApiKeyInfo InfoOf(ApiKeyEntry entry) => new(
        entry.Id, Caller.NameOf(entry.Caller.Role), entry.Caller.Subject, entry.Caller.Tenant, entry.CreatedAt.ToDateTimeOffset(),
        entry.ExpiresAt == Instant.Never ? null : entry.ExpiresAt.ToDateTimeOffset(), entry.RevokedAt?.ToDateTimeOffset(),
        entry.Caller.BestEffort > TimeSpan.Zero ? (int)entry.Caller.BestEffort.TotalSeconds : null);
}
