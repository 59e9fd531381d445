namespace Fabric.Repo.Tests.Sources;

/// <summary>A declaration found in a source file. Lines count from 1 and include the signature, not its attributes or comments.</summary>
public sealed record Member(MemberKind Kind, string Name, string Header, string? Container, int FirstLine, int LastLine)
{
    /// <summary>How many lines it takes.</summary>
    public int Lines => LastLine - FirstLine + 1;

    /// <summary>Whether its modifiers say so.</summary>
    public bool IsPublic => HasWord("public");

    /// <summary>Whether the header holds a word, such as a modifier.</summary>
    public bool HasWord(string word) => (" " + Header + " ").Contains(" " + word + " ", StringComparison.Ordinal);
}
