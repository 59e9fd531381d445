namespace Fabric.Core.Tokens;

/// <summary>One agent of a delegation chain: an `act` claim of RFC 8693 section 4.1. <paramref name="User"/>: the human it acts for, where there is one.</summary>
public sealed record TokenActor(string Tenant, string Agent, string? User = null);
