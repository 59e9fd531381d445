namespace Fabric.Silo.ExtAuthz;

/// <summary>
/// One rule: requests with a method and a path are calls of a tool. In <see cref="Tool"/>, <see cref="Action"/> and <see cref="Resource"/> `{NAME}` stands for what the path
/// has in its place, percent-decoded.
/// </summary>
public sealed class ExtAuthzRuleSettings
{
    /// <summary>The methods, separated by commas; `*`: any.</summary>
    public string Methods { get; set; } = "*";

    /// <summary>The path: literal segments, `{NAME}` for one segment, and at the end `{*NAME}` for the rest.</summary>
    public string Path { get; set; } = "";

    /// <summary>The tool.</summary>
    public string Tool { get; set; } = "";

    /// <summary>The action; `{method}` is the method in lower case.</summary>
    public string Action { get; set; } = "{method}";

    /// <summary>The resource; left out: the path without its leading slash.</summary>
    public string? Resource { get; set; }

    /// <summary>`read`, `write` or `destructive`, which also counts where it is left out.</summary>
    public string Class { get; set; } = "destructive";

    /// <summary>Where calls are made, for scopes that name an environment.</summary>
    public string? Environment { get; set; }

    /// <summary>What the token's `aud` must be; null: anything.</summary>
    public string? Audience { get; set; }
}
