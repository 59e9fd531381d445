namespace Fabric.Repo.Tests.Sources;

/// <summary>What a member is, as far as the house rules care.</summary>
public enum MemberKind
{
    /// <summary>A class, struct, record, interface or enum.</summary>
    Type,
    /// <summary>A method, constructor, operator, property or indexer: something with a body.</summary>
    Body,
    /// <summary>A field, a using, a delegate: something without one.</summary>
    Other,
}
