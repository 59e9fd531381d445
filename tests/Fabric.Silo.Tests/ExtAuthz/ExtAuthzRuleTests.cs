using Fabric.Silo.ExtAuthz;
using Fabric.Silo.Hosting;
using Microsoft.Extensions.Configuration;

namespace Fabric.Silo.Tests.ExtAuthz;

/// <summary>Rules: what is said about one that does not hold, and which call a request is.</summary>
public sealed class ExtAuthzRuleTests
{
    [Theory]
    [InlineData("GET", "/invoices/7", "billing get invoices/7 read")]
    [InlineData("HEAD", "/invoices/7", "billing head invoices/7 read")]
    [InlineData("POST", "/invoices/7", null)]
    [InlineData("get", "/invoices/7", null)]
    [InlineData("GET", "/invoices/7/", null)]
    [InlineData("GET", "/invoices", null)]
    [InlineData("GET", "/invoices/7/lines", null)]
    [InlineData("GET", "/Invoices/7", null)]
    [InlineData("DELETE", "/invoices/7", "billing delete of-7 destructive")]
    [InlineData("PUT", "/files/a/b%20c/", "files write shared:a/b c/ write")]
    [InlineData("PUT", "/files/a", "files write shared:a write")]
    [InlineData("PUT", "/files/", null)]
    [InlineData("PUT", "/files", null)]
    [InlineData("GET", "/", "root open  destructive")]
    [InlineData("GET", "/list/", "root list all destructive")]
    [InlineData("GET", "/list", null)]
    public void The_first_rule_that_fits_makes_the_call(string method, string target, string? call)
    {
        var (options, faults) = Read(
            ("0:Methods", "GET, HEAD"), ("0:Path", "/invoices/{id}"), ("0:Tool", "billing"), ("0:Class", "read"),
            ("1:Methods", "DELETE"), ("1:Path", "/invoices/{id}"), ("1:Tool", "billing"), ("1:Resource", "of-{id}"),
            ("2:Methods", "PUT"), ("2:Path", "/files/{*rest}"), ("2:Tool", "files"), ("2:Action", "write"), ("2:Resource", "shared:{rest}"), ("2:Class", "write"),
            ("3:Path", "/"), ("3:Tool", "root"), ("3:Action", "open"), ("4:Path", "/list/"), ("4:Tool", "root"), ("4:Action", "list"), ("4:Resource", "all"));
        Assert.Empty(faults);
        var read = OriginalTarget.Read(target)!;
        var made = ExtAuthzRules.Of(options.ExtAuthz).Find(method, read)?.Call("token", method, read);
        Assert.Equal(call, made is null ? null : $"{made.Tool} {made.Action} {made.Resource} {made.Class}");
    }

    [Theory]
    [InlineData("Path", "", "begins with `/`")]
    [InlineData("Path", "invoices", "begins with `/`")]
    [InlineData("Path", "/a//b", "is no segment")]
    [InlineData("Path", "/a/../b", "is no segment")]
    [InlineData("Path", "/a%2Fb", "is no segment")]
    [InlineData("Path", "/a*", "is no segment")]
    [InlineData("Path", "/{id", "is no segment")]
    [InlineData("Path", "/x{id}", "is no segment")]
    [InlineData("Path", "/{}", "letters only")]
    [InlineData("Path", "/{a b}", "letters only")]
    [InlineData("Path", "/{method}", "letters only")]
    [InlineData("Path", "/{id}/{id}", "once")]
    [InlineData("Path", "/{*rest}/x", "at the end")]
    [InlineData("Path", "/{*rest}/", "at the end")]
    [InlineData("Methods", "", "upper case")]
    [InlineData("Methods", "get", "upper case")]
    [InlineData("Methods", "GET,*", "upper case")]
    [InlineData("Methods", "GET POST", "upper case")]
    [InlineData("Class", "reads", "`read`, `write` or `destructive`")]
    [InlineData("Class", "", "`read`, `write` or `destructive`")]
    [InlineData("Tool", "", "plain text")]
    [InlineData("Tool", "a\u202eb", "plain text")]
    [InlineData("Action", "{verb}", "no place `{verb}`")]
    [InlineData("Resource", "{other}", "no place `{other}`")]
    [InlineData("Resource", "{id", "no place")]
    [InlineData("Resource", "id}", "without its")]
    [InlineData("Environment", "a b", "an id")]
    [InlineData("Audience", "", "1 to 256")]
    [InlineData("Methds", "GET", "no such setting")]
    public void A_rule_that_does_not_hold_is_named_with_its_field(string field, string value, string said)
    {
        var settings = new Dictionary<string, string>(StringComparer.Ordinal) { ["Path"] = "/x/{id}", ["Tool"] = "t", [field] = value };
        var (_, faults) = Read([.. settings.Select(each => ("0:" + each.Key, each.Value))]);
        Assert.Contains(faults, fault => fault.StartsWith($"`Fabric:ExtAuthz:Rules:0:{field}`", StringComparison.Ordinal) && fault.Contains(said, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("TokenHeader", "")]
    [InlineData("TokenHeader", "X-Original-URI")]
    [InlineData("UriHeader", "X Y")]
    [InlineData("MethodHeader", "X:Y")]
    [InlineData("Tenant", "a/b")]
    [InlineData("Rule", "x")]
    public void A_setting_beside_the_rules_that_does_not_hold_is_named(string field, string value)
    {
        var (_, faults) = SiloOptionsReader.Read(
            new ConfigurationBuilder().AddInMemoryCollection([new($"Fabric:ExtAuthz:{field}", value)]).Build());
        Assert.Contains(faults, fault => fault.StartsWith("`Fabric:ExtAuthz:", StringComparison.Ordinal));
    }

    [Fact]
    [Trait("Invariant", "B1")]
    public void More_rules_than_the_limit_are_refused()
    {
        var (_, faults) = Read([.. Enumerable.Range(0, 1_001).SelectMany(i => new[] { ($"{i}:Path", $"/p{i}"), ($"{i}:Tool", "t") })]);
        Assert.Contains(faults, fault => fault.Contains("at most 1000 rules", StringComparison.Ordinal));
    }

    private static (SiloOptions Options, IReadOnlyList<string> Faults) Read(params (string Key, string Value)[] rules) =>
        SiloOptionsReader.Read(new ConfigurationBuilder()
            .AddInMemoryCollection(rules.Select(each => new KeyValuePair<string, string?>("Fabric:ExtAuthz:Rules:" + each.Key, each.Value))).Build());
}
