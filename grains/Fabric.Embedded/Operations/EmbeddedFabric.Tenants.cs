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

namespace Fabric.Embedded.Operations;

internal sealed partial class EmbeddedFabric
{
    // Twice the room that rotation has: who rotates as often as he may still gets another key for one that he revokes.
    private const int SigningKeysWithRevoked = 2 * Limits.SigningKeysMax;

    public ValueTask<Outcome<TenantInfo>> CreateTenantAsync(CreateTenant command, CancellationToken cancellation = default)
    {
        if (caller.Role != Role.Operator)
        {
            return new(new Rejection(Codes.Forbidden, Caller.NameOf(caller.Role), "only operators create tenants"));
        }

        if (Names.CheckId("id", command.Id) is { } bad)
        {
            return new(bad);
        }

        var key = engine.Signing.Make(command.Id);
        var register = new RegisterTenant(
            command.Id, command.Name, InfoWire.Limits(command.Limits, TenantLimits.Default), command.RequireApproval);
        lock (Ledger.Gate)
        {
            var now = Now;
            var decided = TenantDecider.Decide(World.Tenant(command.Id)?.State, register);
            if (!decided.IsOk)
            {
                return new(decided.Rejection);
            }

            if (CountLimits.Refuse(World.Tenants.Count, engine.Options.Counts.Tenants, "fabric", "tenants") is { } full)
            {
                return new(full);
            }

            var committed = Commit_NeedsLock(now, decided.Value, key);
            return committed.IsOk ? WhenDurable_NeedsLock(committed, revision => InfoWire.Tenant(World.Tenant(command.Id)!.State, null, revision)) : new(committed.Rejection);
        }
    }

    public ValueTask<Outcome<TenantInfo>> UpdateTenantAsync(string tenant, UpdateTenant command, CancellationToken cancellation = default)
    {
        lock (Ledger.Gate)
        {
            if (Refuse(Role.Operator, tenant) is { } refused)
            {
                return new(refused);
            }

            if (World.Tenant(tenant)?.State is not { } state)
            {
                return new(Missing(tenant));
            }

            var limits = command.Limits is null ? null : InfoWire.Limits(command.Limits, state.Limits);
            var decided = TenantDecider.Decide(state, new AmendTenant(command.Name, limits, command.RequireApproval));
            if (!decided.IsOk)
            {
                return new(decided.Rejection);
            }

            var now = Now;
            return WhenDurable_NeedsLock(Commit_NeedsLock(now, decided.Value), revision => InfoWire.Tenant(state, null, revision));
        }
    }

    public ValueTask<Outcome<TenantInfo>> GetTenantAsync(string tenant, CancellationToken cancellation = default)
    {
        lock (Ledger.Gate)
        {
            if (Refuse(Readers, tenant) is { } refused)
            {
                return new(refused);
            }

            return new(World.Tenant(tenant)?.State is { } state
                ? InfoWire.Tenant(state, LockedUntil_NeedsLock(state.Handle, Now), Ledger.Revision)
                : Missing(tenant));
        }
    }

    public ValueTask<Outcome<Page<TenantInfo>>> ListTenantsAsync(PageQuery query, CancellationToken cancellation = default)
    {
        if ((Refuse(Readers, caller.Tenant) ?? CheckPage(query)) is { } refused)
        {
            return new(refused);
        }

        lock (Ledger.Gate)
        {
            var now = Now;
            return new(PageOf(
                World.Tenants, query, entry => caller.Tenant is null || caller.Tenant == entry.State.Id,
                entry => InfoWire.Tenant(entry.State, LockedUntil_NeedsLock(entry.State.Handle, now), Ledger.Revision)));
        }
    }

    public ValueTask<Outcome<JsonWebKeySetDto>> RotateSigningKeyAsync(string tenant, CancellationToken cancellation = default)
    {
        if (Refuse(Admins, tenant) is { } refused)
        {
            return new(refused);
        }

        lock (Ledger.Gate)
        {
            if (World.Tenant(tenant) is not { } entry)
            {
                return new(Missing(tenant));
            }

            if (entry.State.Standing.Ended)
            {
                return new(new Rejection(Codes.TenantRevoked, tenant, "the tenant is revoked"));
            }

            // Without a key nothing is issued: then there is the room that revocations have.
            var max = entry.SigningKey is null ? SigningKeysWithRevoked : Limits.SigningKeysMax;
            if (entry.Keys.Count >= max)
            {
                return new(new Rejection(Codes.LimitReached, tenant, $"the tenant has {entry.Keys.Count} keys of the last day, and may have {max}: rotate again when some have passed"));
            }

            var (now, events) = (Now, new List<FabricEvent>(2) { engine.Signing.Make(tenant) });
            if (entry.SigningKey is { } old)
            {
                // The old key verifies until the longest-lived token that it signed has expired, also on a clock that is late.
                events.Add(new SigningKeyRetired(tenant, old.Key.Kid, now + Limits.CredentialLifetimeMax + Limits.ClockSkew + Limits.ClockSkew));
            }

            return WhenDurable_NeedsLock(Commit_NeedsLock(now, [.. events]), _ => JwksOf(tenant));
        }
    }

    public ValueTask<Outcome<Receipt>> RevokeSigningKeyAsync(string tenant, string kid, EndNode command, CancellationToken cancellation = default)
    {
        if ((Refuse(Admins, tenant) ?? CheckWait(command.Wait, command.TimeoutMs) ?? Names.CheckText("reason", command.Reason, required: true)) is { } refused)
        {
            return new(refused);
        }

        lock (Ledger.Gate)
        {
            if (World.Tenant(tenant) is not { } entry || entry.Keys.Find(key => key.Key.Kid == kid) is not { } known)
            {
                return new(Missing(kid));
            }

            if (known.Key.IsRevoked)
            {
                // Ended before: the receipt of what holds now (R5).
                return Receipts(Ledger.Revision, null, command.Wait, command.TimeoutMs, cancellation);
            }

            var now = Now;
            var events = new List<FabricEvent>(2);
            // INVARIANT R1: a stolen key signs whatever generation its thief likes, so nothing else stops it: it is revoked also where there is no room for
            // another. Nothing is issued then until one is made.
            if (known == entry.SigningKey && !entry.State.Standing.Ended && entry.Keys.Count < SigningKeysWithRevoked && engine.Feed.KeyRoom > 0)
            {
                events.Add(engine.Signing.Make(tenant));
            }

            events.Add(new SigningKeyRevoked(tenant, kid, command.Reason, now + Limits.CredentialLifetimeMax + Limits.ClockSkew + Limits.ClockSkew));
            return Receipt_NeedsLock(Ledger.Emit_NeedsLock(caller.Name, now, events, reserved: true), now, command.Wait, command.TimeoutMs, cancellation);
        }
    }

    public ValueTask<Outcome<JsonWebKeySetDto>> GetSigningKeysAsync(string tenant, CancellationToken cancellation = default)
    {
        lock (Ledger.Gate)
        {
            return new(World.Tenant(tenant) is null ? Missing(tenant) : JwksOf(tenant));
        }
    }

    private JsonWebKeySetDto JwksOf(string tenant)
    {
        lock (Ledger.Gate)
        {
            return new JsonWebKeySetDto([.. World.Tenant(tenant)!.Keys.Where(entry => !entry.Key.IsRevoked).Select(entry => new JsonWebKeyDto(
                "EC", "P-256", Base64Url(entry.Key.X), Base64Url(entry.Key.Y), entry.Key.Kid, "ES256", "sig"))]);
        }
    }

    private static string Base64Url(ReadOnlyMemory<byte> bytes) => System.Buffers.Text.Base64Url.EncodeToString(bytes.Span);
}
