namespace Fabric.Contracts.Orleans;

/// <summary>A page of the change stream (the JSON of the HTTP API's `ChangePage`, UTF-8), or a refusal with its stable code.</summary>
[GenerateSerializer, Immutable, Alias("fabric.change-reply")]
public readonly record struct ChangeReply(
    [property: Id(0)] byte[]? Page, [property: Id(1)] string? Code = null, [property: Id(2)] string? Subject = null, [property: Id(3)] string? Detail = null);
