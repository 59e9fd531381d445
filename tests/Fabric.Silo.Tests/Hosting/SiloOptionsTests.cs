using Fabric.Silo.Hosting;
using Microsoft.Extensions.Configuration;

namespace Fabric.Silo.Tests.Hosting;

public sealed class SiloOptionsTests
{
    [Fact]
    public void Nothing_configured_is_a_loopback_address_without_faults()
    {
        var (options, faults) = Read();
        Assert.Empty(faults);
        Assert.Equal("http://127.0.0.1:5080", options.Urls);
        Assert.Equal("./data", options.DataFolder);
    }

    [Theory]
    [InlineData("Fabric:DataFoldr", "x", "there is no such setting")]
    [InlineData("Fabric:Limits:Connections", "1", "`Fabric:Limits:Connections`")]
    [InlineData("Fabric:Limits:ConnectionsMax", "many", "wrong type")]
    [InlineData("Fabric:Limits:ConnectionsMax", "0", "`Fabric:Limits:ConnectionsMax`")]
    [InlineData("Fabric:Engine", "other", "`Fabric:Engine`")]
    [InlineData("Fabric:Urls", "", "`Fabric:Urls`")]
    [InlineData("Fabric:Urls", "ftp://here", "`Fabric:Urls`")]
    [InlineData("Fabric:Urls", "https://*:5080", "needs a certificate")]
    [InlineData("Fabric:Tls:PfxPath", "/nowhere/x.pfx", "no such file")]
    [InlineData("Fabric:Tls:CertificatePath", "/nowhere/x.pem", "go together")]
    [InlineData("Fabric:MasterKey", "c2hvcnQ=", "32 bytes")]
    [InlineData("Fabric:MasterKey", "not base64", "32 bytes")]
    [InlineData("Fabric:Issuer", "me", "absolute http")]
    [InlineData("Fabric:Issuer", "https://fabric.example/", "without a slash")]
    [InlineData("Fabric:Retention:AuditDays", "0", "`Fabric:Retention:AuditDays`")]
    [InlineData("Fabric:Feed:WriteBoundMs", "5000", "`Fabric:Feed:WriteBoundMs`")]
    [InlineData("Fabric:Feed:ReadBoundMs", "60000", "`Fabric:Feed:ReadBoundMs`")]
    [InlineData("Fabric:Journal:OnDamage", "ignore", "`refuse` or")]
    [InlineData("Fabric:LogFormat", "xml", "`text` or `json`")]
    [InlineData("Fabric:Outbound:AllowedNetworks", "10.0.0.0/40", "`Fabric:Outbound:AllowedNetworks`")]
    [InlineData("Fabric:Outbound:PlainHttpNetworks", "localhost", "`Fabric:Outbound:PlainHttpNetworks`")]
    [InlineData("Fabric:Outbound:TimeoutSeconds", "0", "`Fabric:Outbound:TimeoutSeconds`")]
    public void A_setting_that_does_not_hold_is_named(string key, string value, string said)
    {
        var (_, faults) = Read((key, value));
        Assert.Contains(faults, fault => fault.Contains(said, StringComparison.Ordinal));
    }

    [Fact]
    public void A_fault_does_not_tell_the_master_key()
    {
        var (_, faults) = Read(("Fabric:MasterKey", "hunter2-hunter2"));
        Assert.DoesNotContain(faults, fault => fault.Contains("hunter2", StringComparison.Ordinal));
    }

    private static (SiloOptions Options, IReadOnlyList<string> Faults) Read(params (string Key, string Value)[] settings) =>
        SiloOptionsReader.Read(new ConfigurationBuilder()
            .AddInMemoryCollection(settings.Select(each => new KeyValuePair<string, string?>(each.Key, each.Value))).Build());
}
