using System.Reflection;
using System.Text;
using System.Xml.Linq;
using Fabric.Core.Common;
using Fabric.Silo.Api;
using Fabric.Testing;
using Microsoft.AspNetCore.WebUtilities;

namespace Fabric.Silo.Tests.Api;

public sealed class StatusTableTests
{
    private static readonly List<(string Field, string Code)> All =
        [.. typeof(Codes).GetFields(BindingFlags.Public | BindingFlags.Static).Select(field => (field.Name, (string)field.GetRawConstantValue()!))];

    [Fact]
    public void Every_code_has_a_status_and_every_status_a_code() =>
        Assert.Equal(All.Select(each => each.Code).Order(StringComparer.Ordinal), StatusTable.All.Keys.Order(StringComparer.Ordinal));

    [Fact]
    public void Codes_are_stable_words() => Assert.All(All, each => Assert.Matches("^[a-z]+(\\.[a-z0-9_]+)$", each.Code));

    /// <summary>`FABRIC_WRITE_DOCS=1 dotnet test` writes the page anew.</summary>
    [Fact]
    public void The_page_of_errors_is_the_table()
    {
        var path = Path.Combine(RepoRoot.Path, "docs", "ERRORS.md");
        var text = PageText();
        if (Environment.GetEnvironmentVariable("FABRIC_WRITE_DOCS") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, text);
        }
        Assert.Equal(text, File.ReadAllText(path).ReplaceLineEndings("\n"));
    }

    private static string PageText()
    {
        var xml = XDocument.Load(Path.ChangeExtension(typeof(Codes).Assembly.Location, ".xml"));
        var summaries = xml.Descendants("member").Where(member => member.Element("summary") is not null).ToDictionary(member => member.Attribute("name")!.Value, member => member.Element("summary")!.Value.Trim(), StringComparer.Ordinal);
        var page = new StringBuilder("""
            # Errors

            A refusal is a problem document (RFC 9457, `application/problem+json`) with `code`, `subject`, `detail` and `status`. Codes never change their
            meaning. Clients get the same codes as values (`Rejection`) or, with `OrThrow()`, as a `FabricException`. A denied check is no error: it is an
            answer with `allowed: false` and one of these codes.

            This page is written from `silo/Api/StatusTable.cs` and `grains/Fabric.Core/Common/Codes.cs`; a test compares them.

            | code | HTTP status | meaning |
            |---|---|---|

            """).Replace("\r", "");
        foreach (var (field, code) in All)
        {
            var status = StatusTable.Of(code);
            page.Append($"| `{code}` | {status} {ReasonPhrases.GetReasonPhrase(status)} | {summaries[$"F:{typeof(Codes).FullName}.{field}"]} |\n");
        }
        return page.ToString();
    }
}
