namespace Fabric.Grains.Wire;

/// <summary>How far a revision is closed over all silos, the silos it waits for, and the enforcement points of those that answered.</summary>
[GenerateSerializer, Immutable, Alias("fabric.confirm-answer")]
public sealed record ConfirmAnswer(
    [property: Id(0)] bool ReadClosed, [property: Id(1)] bool WriteClosed, [property: Id(2)] bool DestructiveClosed, [property: Id(3)] WaitingSilo[] Waiting,
    [property: Id(4)] EdgeLists[] Silos);
