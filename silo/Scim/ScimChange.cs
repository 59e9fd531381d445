namespace Fabric.Silo.Scim;

/// <summary>What a request makes of a user. Null: it says nothing about that. <paramref name="ForgetsExternalId"/>: its `externalId` is taken away.</summary>
internal sealed record ScimChange(string? UserName = null, string? ExternalId = null, string? Name = null, bool? Active = null, bool ForgetsExternalId = false, bool ForgetsName = false);
