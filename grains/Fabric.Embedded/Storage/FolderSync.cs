using System.Runtime.InteropServices;

namespace Fabric.Embedded.Storage;

/// <summary>Syncs a folder, so that a file made in it is still in it after a power cut. .NET syncs files only.</summary>
internal static class FolderSync
{
    /// <summary>Syncs the folder on Unix; throws <see cref="IOException"/>. Windows keeps names in its own journal.</summary>
    public static void Run(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        var descriptor = Open(folder, 0);
        if (descriptor < 0)
        {
            throw new IOException($"`{folder}` cannot be opened to be synced (errno {Marshal.GetLastPInvokeError()})");
        }

        try
        {
            if (Sync(descriptor) != 0)
            {
                throw new IOException($"`{folder}` cannot be synced (errno {Marshal.GetLastPInvokeError()})");
            }
        }
        finally
        {
            _ = Close(descriptor);
        }
    }

    [DllImport("libc", EntryPoint = "open", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern int Open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);

    [DllImport("libc", EntryPoint = "fsync", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern int Sync(int descriptor);

    [DllImport("libc", EntryPoint = "close")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern int Close(int descriptor);
}
