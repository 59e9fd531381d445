using System.Diagnostics.CodeAnalysis;

namespace Fabric.Core.Common;

/// <summary>Either a value or a <see cref="Rejection"/>.</summary>
public readonly struct Outcome<T>
{
    private readonly T? _value;

    private Outcome(T? value, Rejection? rejection)
    {
        _value = value;
        Rejection = rejection;
    }

    /// <summary>The refusal, or null when there is a value.</summary>
    public Rejection? Rejection { get; }

    /// <summary>Whether there is a value.</summary>
    [MemberNotNullWhen(false, nameof(Rejection))]
    public bool IsOk => Rejection is null;

    /// <summary>The value. Throws <see cref="InvalidOperationException"/> on a rejection.</summary>
    public T Value => Rejection is null ? _value! : throw new InvalidOperationException($"no value: {Rejection}");

    /// <summary>A value, where an implicit conversion would be ambiguous.</summary>
    public static Outcome<T> Of(T value) => new(value, null);

    /// <summary>A value.</summary>
    public static implicit operator Outcome<T>(T value) => new(value, null);

    /// <summary>A refusal.</summary>
    public static implicit operator Outcome<T>(Rejection rejection) => new(default, rejection);
}
