namespace Fabric.Core.Journal;

/// <summary>A journal or checkpoint record whose checksum held but whose content cannot be read: a bug, or a newer format.</summary>
public sealed class InvalidRecordException : Exception
{
    /// <summary>With a message that holds no record content.</summary>
    public InvalidRecordException(string message) : base(message)
    {
    }

    /// <summary>Without a message.</summary>
    public InvalidRecordException()
    {
    }

    /// <summary>With a cause.</summary>
    public InvalidRecordException(string message, Exception inner) : base(message, inner)
    {
    }
}
