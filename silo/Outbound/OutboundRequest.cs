namespace Fabric.Silo.Outbound;

/// <summary>A request of the fabric's own.</summary>
internal sealed record OutboundRequest(Uri Url)
{
    /// <summary>Types of answers that are taken; none: any, also none at all.</summary>
    public IReadOnlyList<string> Types { get; init; } = [];

    /// <summary>Statuses that are taken beside 200; an answer with one of them may be of any type.</summary>
    public IReadOnlyList<int> Statuses { get; init; } = [];

    /// <summary>The most bytes of an answer (B1).</summary>
    public int BytesMax { get; init; } = 64 * 1024;

    /// <summary>What is sent by POST; null: a GET.</summary>
    public byte[]? Body { get; init; }

    /// <summary>The type of <see cref="Body"/>.</summary>
    public string BodyType { get; init; } = "application/json";

    /// <summary>The header `Authorization`; a secret.</summary>
    public string? Authorization { get; init; }

    /// <summary>Without the secret: a log is no place for it.</summary>
    public override string ToString() => $"{nameof(OutboundRequest)} {{ {Url} }}";
}
