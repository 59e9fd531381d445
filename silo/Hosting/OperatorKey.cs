using System.Text;
using Fabric.Contracts;
using Fabric.Contracts.Common;
using Fabric.Contracts.Keys;
using Fabric.Engine;

namespace Fabric.Silo.Hosting;

/// <summary>The first start makes one operator key and shows it once: on the standard output or in a file that only its owner reads, never in the log.</summary>
internal static class OperatorKey
{
    /// <summary>
    /// Makes the key when the fabric has never had one. Throws <see cref="IOException"/> when the file exists or cannot be made: before any key is.
    /// </summary>
    public static async Task EnsureAsync(IFabricEngine engine, FileInfo? file, TextWriter output, CancellationToken cancellation)
    {
        var fabric = engine.As(Caller.Fabric);
        if (await AnyAsync(fabric, cancellation))
        {
            return;
        }
        await using var target = file is null ? null : Create(file);
        var made = await fabric.MakeApiKeyAsync(new MakeApiKey(Caller.NameOf(Role.Operator), "first-operator"), cancellation);
        if (!made.IsOk)
        {
            throw new IOException($"the operator key could not be made: {made.Rejection}");
        }
        if (target is null)
        {
            await output.WriteLineAsync($"operator key, shown this once: {made.Value.Secret}");
            return;
        }
        await target.WriteAsync(Encoding.UTF8.GetBytes(made.Value.Secret + "\n"), cancellation);
        await output.WriteLineAsync($"operator key written to {file!.FullName}");
    }

    private static async Task<bool> AnyAsync(IFabric fabric, CancellationToken cancellation)
    {
        string? cursor = null;
        do
        {
            var page = await fabric.ListApiKeysAsync(new PageQuery(cursor, 1_000), cancellation);
            if (!page.IsOk)
            {
                throw new IOException($"the keys could not be read: {page.Rejection}");
            }
            if (page.Value.Items.Any(key => key.Role == Caller.NameOf(Role.Operator)))
            {
                return true;
            }
            cursor = page.Value.Next;
        }
        while (cursor is not null);
        return false;
    }

    private static FileStream Create(FileInfo file)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }
        return new FileStream(file.FullName, options);
    }
}
