using System.Security.Cryptography;
using Fabric.Embedded.Storage;

namespace Fabric.Embedded.Keys;

/// <summary>
/// The 32 bytes that everything secret at rest is sealed under: from configuration, else from the data folder's `master.key`.
/// Both are base64, so that an operator can move the one into the other.
/// </summary>
internal sealed class MasterKey
{
    /// <summary>The length of the key in bytes.</summary>
    public const int Size = 32;

    private const int TextMax = 256;
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly byte[] _bytes;

    private MasterKey(byte[] bytes) => _bytes = bytes;

    internal ReadOnlySpan<byte> Bytes => _bytes;

    /// <summary>
    /// The configured key, else the one of the folder, else a new one for a folder without data. Throws <see cref="FabricStartException"/>
    /// with one of the `StartCodes.MasterKey...`, or with <see cref="StartCodes.StorageUnavailable"/>.
    /// </summary>
    public static MasterKey Open(DataFolder folder, string? configuredBase64, bool dataExists)
    {
        if (configuredBase64 is not null)
        {
            return Parse(configuredBase64) ?? throw new FabricStartException(StartCodes.MasterKeyMalformed,
                $"the configured master key is not {Size} bytes in base64 (44 characters, as `openssl rand -base64 {Size}` makes)");
        }

        var path = folder.MasterKeyFile;
        try
        {
            if (File.Exists(path))
            {
                return Read(path);
            }

            // A new key would make every sealed key of the folder worthless without a word.
            return dataExists ? throw Missing(path) : Create(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new FabricStartException(StartCodes.StorageUnavailable,
                $"the master key `{path}` cannot be read or written: {e.Message}; free space on the disk or correct the rights, then start again", e);
        }
    }

    private static MasterKey Read(string path)
    {
        if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & ~OwnerOnly) != UnixFileMode.None)
        {
            throw new FabricStartException(StartCodes.MasterKeyPermissions,
                $"the master key `{path}` is open to others than its owner; run `chmod 600` on it, and think of the key as leaked if others have used this machine");
        }

        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        if (file.Length is > 0 and <= TextMax)
        {
            using var reader = new StreamReader(file, System.Text.Encoding.ASCII);
            if (Parse(reader.ReadToEnd()) is { } key)
            {
                return key;
            }
        }

        throw new FabricStartException(StartCodes.MasterKeyMalformed,
            $"the master key `{path}` does not hold {Size} bytes in base64; restore it from a backup");
    }

    private static MasterKey Create(string path)
    {
        var bytes = RandomNumberGenerator.GetBytes(Size);
        var draft = path + ".new";
        File.Delete(draft);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.None, BufferSize = 0 };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = OwnerOnly;
        }

        using (var file = new FileStream(draft, options))
        {
            file.Write(System.Text.Encoding.ASCII.GetBytes(Convert.ToBase64String(bytes) + "\n"));
            file.Flush(flushToDisk: true);
        }

        // On disk under its name before anything is sealed with it: a key lost in a power cut would take the sealed data with it.
        File.Move(draft, path, overwrite: false);
        FolderSync.Run(Path.GetDirectoryName(path)!);
        return new MasterKey(bytes);
    }

    private static MasterKey? Parse(string text)
    {
        Span<byte> bytes = stackalloc byte[TextMax];
        return text.Length <= TextMax && Convert.TryFromBase64String(text.Trim(), bytes, out var length) && length == Size
            ? new MasterKey(bytes[..Size].ToArray())
            : null;
    }

    private static FabricStartException Missing(string path) => new(StartCodes.MasterKeyMissing,
        $"the master key `{path}` is missing, but the folder holds data that is sealed under it; restore the file from a backup, or configure the key");
}
