namespace Fabric.Grains.Storage;

/// <summary>The database is not one that this version can run on; the message says what to do and holds no secret.</summary>
public sealed class SchemaException(string message) : Exception(message);
