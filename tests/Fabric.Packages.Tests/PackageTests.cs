using System.IO.Compression;

namespace Fabric.Packages.Tests;

public sealed class PackageTests(PackedFolder packed) : IClassFixture<PackedFolder>
{
    public static readonly TheoryData<string> Names = [.. PackedFolder.Names];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_package_carries_its_readme_its_documentation_and_its_symbols(string name)
    {
        var files = Entries(packed.FileOf(name, ".nupkg"));
        Assert.Contains("README.md", files);
        Assert.Contains($"lib/net10.0/{name}.dll", files);
        Assert.Contains($"lib/net10.0/{name}.xml", files);
        Assert.Contains($"lib/net10.0/{name}.pdb", Entries(packed.FileOf(name, ".snupkg")));
    }

    [Fact]
    public async Task A_fresh_app_restores_from_the_folder_and_guards_an_endpoint_in_one_line()
    {
        await using var app = await FreshApp.StartAsync(packed);
        using var http = new HttpClient { BaseAddress = app.Address };

        Assert.Equal(401, await StatusAsync(http, null));
        Assert.Equal(401, await StatusAsync(http, "not-a-token"));
        Assert.Equal(200, await StatusAsync(http, app.Token("good")));
        Assert.Equal(403, await StatusAsync(http, app.Token("narrow")));
        Assert.Equal(204, (int)(await http.PostAsync(new Uri("revoke", UriKind.Relative), null)).StatusCode);
        Assert.Contains(await StatusAsync(http, app.Token("good")), new[] { 401, 403 });
    }

    private static async Task<int> StatusAsync(HttpClient http, string? token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri("flights", UriKind.Relative));
        if (token is not null)
        {
            request.Headers.TryAddWithoutValidation("Authorization", "Bearer " + token);
        }

        using var answer = await http.SendAsync(request);
        return (int)answer.StatusCode;
    }

    private static List<string> Entries(string file)
    {
        using var archive = ZipFile.OpenRead(file);
        return [.. archive.Entries.Select(entry => entry.FullName)];
    }
}
