using Fabric.Embedded.Storage;

namespace Fabric.Silo.Tests.Verbs;

public sealed class VerbTests : IDisposable
{
    private readonly TestFolder _folder = new();

    [Fact]
    public async Task The_first_start_shows_an_operator_key_once_and_it_is_in_force()
    {
        var said = await CommandLine.ServeUntilALineAsync("serve", "--data", _folder.Path, "--urls", "http://127.0.0.1:0");
        Assert.Matches("^operator key, shown this once: fk\\.[0-9a-f]+\\.[A-Za-z0-9_-]{40,}\\s*$", said);
        var (code, keys, _) = await CommandLine.RunAsync("keys", "list", "--data", _folder.Path);
        Assert.Equal(0, code);
        var key = Assert.Single(keys.Split('\n', StringSplitOptions.RemoveEmptyEntries)[1..]);
        Assert.Contains("operator", key, StringComparison.Ordinal);
        Assert.Contains("in force", key, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_operator_key_goes_to_a_file_that_only_its_owner_reads()
    {
        var file = _folder.File("operator.key");
        var said = await CommandLine.ServeUntilALineAsync("--data", _folder.File("data"), "--urls", "http://127.0.0.1:0", "--operator-key-file", file);
        var secret = (await File.ReadAllTextAsync(file)).Trim();
        Assert.StartsWith("fk.", secret, StringComparison.Ordinal);
        Assert.DoesNotContain(secret, said, StringComparison.Ordinal);
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        }
    }

    [Fact]
    public async Task A_key_file_that_exists_is_not_overwritten_and_no_key_is_made()
    {
        var file = _folder.File("operator.key");
        await File.WriteAllTextAsync(file, "mine");
        var (code, _, error) = await CommandLine.RunAsync("serve", "--data", _folder.File("data"), "--urls", "http://127.0.0.1:0", "--operator-key-file", file);
        Assert.Equal(1, code);
        Assert.Contains("operator.key", error, StringComparison.Ordinal);
        Assert.Equal("mine", await File.ReadAllTextAsync(file));
        var (_, keys, _) = await CommandLine.RunAsync("keys", "list", "--data", _folder.File("data"));
        Assert.Single(keys.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public async Task Keys_are_made_listed_and_revoked_in_the_folder_of_a_fabric_that_does_not_run()
    {
        var (made, secret, _) = await CommandLine.RunAsync("keys", "make", "--role", "auditor", "--subject", "ann", "--data", _folder.Path);
        Assert.Equal(0, made);
        var id = secret.Split('.')[1];
        Assert.Equal(0, (await CommandLine.RunAsync("keys", "revoke", id, "--data", _folder.Path)).Code);
        var (_, keys, _) = await CommandLine.RunAsync("keys", "list", "--data", _folder.Path);
        Assert.Contains("revoked 2", keys, StringComparison.Ordinal);
        Assert.DoesNotContain(secret.Trim(), keys, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("keys", "make", "--role", "king", "--subject", "x")]
    [InlineData("keys", "make", "--role", "approver", "--subject", "x")]
    [InlineData("keys", "revoke", "0000000000000000")]
    public async Task A_refusal_ends_with_a_code_and_a_message(params string[] args)
    {
        var (code, _, error) = await CommandLine.RunAsync([.. args, "--data", _folder.Path]);
        Assert.Equal(1, code);
        Assert.StartsWith("fabric: ", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_in_use_is_refused_by_name_and_the_way_out_is_said()
    {
        var server = new EngineServer();
        await server.InitializeAsync();
        try
        {
            var (code, _, error) = await CommandLine.RunAsync("keys", "list", "--data", server.Engine.Options.DataFolder);
            Assert.Equal(1, code);
            Assert.Contains(StartCodes.FolderInUse, error, StringComparison.Ordinal);
            Assert.Contains("--url", error, StringComparison.Ordinal);

            var file = _folder.File("key");
            await File.WriteAllTextAsync(file, server.OperatorSecret + "\n");
            var (over, keys, _) = await CommandLine.RunAsync("keys", "list", "--url", server.Address.ToString(), "--key-file", file);
            Assert.Equal(0, over);
            Assert.Contains("tests", keys, StringComparison.Ordinal);
        }
        finally
        {
            await server.DisposeAsync();
        }
    }

    [Theory]
    [InlineData("not-a-url")]
    [InlineData("ftp://x")]
    public async Task An_address_that_is_none_is_refused(string url)
    {
        var (code, _, error) = await CommandLine.RunAsync("keys", "list", "--url", url);
        Assert.NotEqual(0, code);
        Assert.Contains("is not an address", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Check_config_says_what_holds_and_what_does_not()
    {
        var good = await CommandLine.RunAsync("check-config", "--data", _folder.Path);
        Assert.Equal(0, good.Code);
        Assert.Contains(_folder.Path, good.Output, StringComparison.Ordinal);
        var file = _folder.File("bad.json");
        await File.WriteAllTextAsync(file, """{"Fabric":{"DataFoldr":"x","Tls":{"PfxPath":"/nowhere"}}}""");
        var bad = await CommandLine.RunAsync("check-config", "--config", file);
        Assert.Equal(2, bad.Code);
        Assert.Contains("`Fabric:DataFoldr`", bad.Error, StringComparison.Ordinal);
        Assert.Contains("`Fabric:Tls:PfxPath`", bad.Error, StringComparison.Ordinal);
        await File.WriteAllTextAsync(file, "{");
        Assert.Equal(2, (await CommandLine.RunAsync("check-config", "--config", file)).Code);
    }

    [Fact]
    public async Task The_demo_tells_the_main_job_and_everything_in_it_holds()
    {
        var (code, said, _) = await CommandLine.RunAsync("demo");
        Assert.True(code == 0, said);
        Assert.Contains("confirmed in ", said, StringComparison.Ordinal);
        Assert.DoesNotContain("FAILED", said, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', said);
        Assert.DoesNotContain("eyJ", said, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();
}
