using Fabric.Embedded.Keys;
using Fabric.Embedded.Storage;
using Fabric.Embedded.Tests.Fixtures;

namespace Fabric.Embedded.Tests.Keys;

public sealed class MasterKeyTests
{
    private static readonly string Configured = Convert.ToBase64String(Enumerable.Range(1, 32).Select(i => (byte)i).ToArray());

    [Fact]
    public void The_first_start_makes_a_private_key_and_the_next_one_finds_it()
    {
        using var temp = new TempFolder();
        using var folder = DataFolder.Open(temp.Path);

        var first = MasterKey.Open(folder, null, dataExists: false);
        var second = MasterKey.Open(folder, null, dataExists: true);

        Assert.Equal(first.Bytes.ToArray(), second.Bytes.ToArray());
        Assert.Equal(32, first.Bytes.Length);
        Assert.Equal(folder.MasterKeyFile, Assert.Single(Directory.GetFiles(temp.Path, "master*")));
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(folder.MasterKeyFile));
        }
    }

    [Fact]
    public void A_start_that_was_cut_off_while_it_made_the_key_is_made_good()
    {
        using var temp = new TempFolder();
        using var folder = DataFolder.Open(temp.Path);
        File.WriteAllText(folder.MasterKeyFile + ".new", "half");
        MasterKey.Open(folder, null, dataExists: false);
        Assert.False(File.Exists(folder.MasterKeyFile + ".new"));
    }

    [Fact]
    public void A_configured_key_is_used_and_makes_no_file()
    {
        using var temp = new TempFolder();
        using var folder = DataFolder.Open(temp.Path);
        var key = MasterKey.Open(folder, $" {Configured}\n", dataExists: true);
        Assert.Equal(Configured, Convert.ToBase64String(key.Bytes));
        Assert.False(File.Exists(folder.MasterKeyFile));
    }

    [Fact]
    public void The_text_of_the_file_can_be_configured_instead()
    {
        using var temp = new TempFolder();
        using var folder = DataFolder.Open(temp.Path);
        var made = MasterKey.Open(folder, null, dataExists: false);
        var configured = MasterKey.Open(folder, File.ReadAllText(folder.MasterKeyFile), dataExists: true);
        Assert.Equal(made.Bytes.ToArray(), configured.Bytes.ToArray());
    }

    [Fact]
    public void A_missing_key_is_a_start_error_once_there_is_data()
    {
        using var temp = new TempFolder();
        using var folder = DataFolder.Open(temp.Path);
        var error = Assert.Throws<FabricStartException>(() => MasterKey.Open(folder, null, dataExists: true));
        Assert.Equal(StartCodes.MasterKeyMissing, error.Code);
        Assert.Contains(folder.MasterKeyFile, error.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(folder.MasterKeyFile));
    }

    [Fact]
    public void A_key_that_others_can_read_is_refused()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        using var temp = new TempFolder();
        using var folder = DataFolder.Open(temp.Path);
        MasterKey.Open(folder, null, dataExists: false);
        File.SetUnixFileMode(folder.MasterKeyFile, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);
        var error = Assert.Throws<FabricStartException>(() => MasterKey.Open(folder, null, dataExists: true));
        Assert.Equal(StartCodes.MasterKeyPermissions, error.Code);
    }

    [Theory]
    [InlineData("")]
    [InlineData("not base64!")]
    [InlineData("c2hvcnQ=")]
    [InlineData("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gIQ==")]
    public void A_malformed_key_is_a_start_error_that_does_not_repeat_it(string text)
    {
        using var temp = new TempFolder();
        using var folder = DataFolder.Open(temp.Path);

        var configured = Assert.Throws<FabricStartException>(() => MasterKey.Open(folder, text, dataExists: false));
        MasterKey.Open(folder, null, dataExists: false);
        File.WriteAllText(folder.MasterKeyFile, text);
        var inFile = Assert.Throws<FabricStartException>(() => MasterKey.Open(folder, null, dataExists: true));

        foreach (var error in (FabricStartException[])[configured, inFile])
        {
            Assert.Equal(StartCodes.MasterKeyMalformed, error.Code);
            Assert.True(text.Length == 0 || !error.ToString().Contains(text, StringComparison.Ordinal));
        }
    }

    [Fact]
    public void A_huge_key_is_refused_without_being_read()
    {
        using var temp = new TempFolder();
        using var folder = DataFolder.Open(temp.Path);
        var error = Assert.Throws<FabricStartException>(() => MasterKey.Open(folder, new string('A', 100_000), dataExists: false));
        Assert.Equal(StartCodes.MasterKeyMalformed, error.Code);
    }

    [MountFact]
    public void A_disk_that_takes_no_key_is_a_start_error_and_leaves_none()
    {
        using var mount = new Mount(256);
        using var folder = DataFolder.Open(mount.Path);
        mount.Fill();
        var error = Assert.Throws<FabricStartException>(() => MasterKey.Open(folder, null, dataExists: false));
        Assert.Equal(StartCodes.StorageUnavailable, error.Code);
        Assert.False(File.Exists(folder.MasterKeyFile));

        mount.Free();
        Assert.Equal(32, MasterKey.Open(folder, null, dataExists: false).Bytes.Length);
    }
}
