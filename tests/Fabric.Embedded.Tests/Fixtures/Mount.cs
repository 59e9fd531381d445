using System.Diagnostics;

namespace Fabric.Embedded.Tests.Fixtures;

/// <summary>A small file system in memory that can be filled or made read-only: the real thing, as root on Linux.</summary>
internal sealed class Mount : IDisposable
{
    private readonly TempFolder _folder = new();

    public Mount(int kib) => Run("mount", "-t", "tmpfs", "-o", $"size={kib}k", "tmpfs", _folder.Path);

    public string Path => _folder.Path;

    public void MakeReadOnly() => Run("mount", "-o", "remount,ro", _folder.Path);

    public void MakeWritable() => Run("mount", "-o", "remount,rw", _folder.Path);

    /// <summary>Takes all the room that is left, but for <paramref name="leave"/> bytes.</summary>
    public void Fill(int leave = 0)
    {
        using var ballast = new FileStream(Ballast, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        var block = new byte[4096];
        try
        {
            while (true)
            {
                ballast.Write(block);
            }
        }
        catch (IOException)
        {
            ballast.SetLength(Math.Max(0, ballast.Length - leave));
        }
    }

    public void Free() => File.Delete(Ballast);

    public void Dispose()
    {
        Run("umount", "-l", _folder.Path);
        _folder.Dispose();
    }

    internal static bool Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardError = true })!;
        var error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? true : throw new InvalidOperationException($"{program} failed: {error}");
    }

    private string Ballast => System.IO.Path.Combine(Path, "ballast");
}
