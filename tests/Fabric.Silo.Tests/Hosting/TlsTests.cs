using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Fabric.Silo.Hosting;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fabric.Silo.Tests.Hosting;

public sealed class TlsTests : IDisposable
{
    private readonly TestFolder _folder = new();

    [Fact]
    public async Task The_host_speaks_tls_with_the_certificate_of_its_settings()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        await File.WriteAllTextAsync(_folder.File("tls.crt"), certificate.ExportCertificatePem());
        await File.WriteAllTextAsync(_folder.File("tls.key"), key.ExportPkcs8PrivateKeyPem());
        var options = new SiloOptions
        {
            Urls = "https://127.0.0.1:0",
            Tls = new SiloOptions.TlsSettings { CertificatePath = _folder.File("tls.crt"), KeyPath = _folder.File("tls.key") },
        };
        await using var engine = new StubEngine();
        await using var app = SiloHost.Build(options, engine, NullLoggerFactory.Instance);
        await app.StartAsync();

        // Trusts this certificate and no other.
        using var handler = new SocketsHttpHandler();
        handler.SslOptions.CertificateChainPolicy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck, CustomTrustStore = { certificate },
        };
        using var http = new HttpClient(handler);
        var answer = await http.GetAsync(new Uri($"https://localhost:{new Uri(app.Urls.First()).Port}/readyz"));
        Assert.True(answer.IsSuccessStatusCode);
    }

    public void Dispose() => _folder.Dispose();
}
