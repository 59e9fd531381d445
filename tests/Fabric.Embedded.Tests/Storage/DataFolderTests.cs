using Fabric.Embedded.Storage;
using Fabric.Embedded.Tests.Fixtures;

namespace Fabric.Embedded.Tests.Storage;

public sealed class DataFolderTests
{
    [Fact]
    public void A_new_folder_and_its_files_are_private()
    {
        using var temp = new TempFolder();
        var path = temp.In("data");
        using var open = new OpenJournal(path);
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        Assert.Equal(OwnerOnly | UnixFileMode.UserExecute, File.GetUnixFileMode(path));
        foreach (var file in Directory.GetFiles(path))
        {
            Assert.Equal(OwnerOnly, File.GetUnixFileMode(file));
        }
    }

    [Fact]
    public void A_second_opener_in_the_same_process_is_refused()
    {
        using var temp = new TempFolder();
        using var first = DataFolder.Open(temp.Path);
        var error = Assert.Throws<FabricStartException>(() => DataFolder.Open(temp.Path));
        Assert.Equal(StartCodes.FolderInUse, error.Code);
    }

    [Fact]
    public async Task A_second_process_is_refused_and_told_who_holds_the_folder()
    {
        using var temp = new TempFolder();
        using var child = CrashChild.Start("hold", temp.Path);
        Assert.Equal("held", await child.StandardOutput.ReadLineAsync());

        var error = Assert.Throws<FabricStartException>(() => DataFolder.Open(temp.Path));

        Assert.Equal(StartCodes.FolderInUse, error.Code);
        Assert.Contains(temp.Path, error.Message, StringComparison.Ordinal);
        Assert.Contains($"process {child.Id}", error.Message, StringComparison.Ordinal);
        child.StandardInput.Close();
        await child.WaitForExitAsync();
        DataFolder.Open(temp.Path).Dispose();
    }

    [Fact]
    public async Task A_killed_process_leaves_the_folder_free()
    {
        using var temp = new TempFolder();
        using var child = CrashChild.Start("hold", temp.Path);
        Assert.Equal("held", await child.StandardOutput.ReadLineAsync());
        child.Kill();
        await child.WaitForExitAsync();
        DataFolder.Open(temp.Path).Dispose();
    }

    [MountFact]
    public void A_read_only_folder_is_refused_at_start()
    {
        using var mount = new Mount(256);
        DataFolder.Open(mount.Path).Dispose();
        mount.MakeReadOnly();
        var error = Assert.Throws<FabricStartException>(() => DataFolder.Open(mount.Path));
        Assert.Equal(StartCodes.FolderNotWritable, error.Code);
        Assert.Contains(mount.Path, error.Message, StringComparison.Ordinal);
    }

    [MountFact]
    public void A_folder_that_cannot_be_made_is_refused_at_start()
    {
        using var mount = new Mount(256);
        mount.MakeReadOnly();
        var error = Assert.Throws<FabricStartException>(() => DataFolder.Open(Path.Combine(mount.Path, "data")));
        Assert.Equal(StartCodes.FolderNotWritable, error.Code);
    }
}
