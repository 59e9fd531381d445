namespace Fabric.Embedded.Storage;

/// <summary>What to do when a damaged journal is found at start.</summary>
public enum DamagePolicy
{
    /// <summary>Refuse to start and say where the damage is.</summary>
    Refuse,
    /// <summary>Copy the damaged file aside, keep everything before the damage and start; <see cref="Journal.Damage"/> says what was cut off.</summary>
    KeepPrefix,
}
