using Fabric.Contracts.Agents;
using Fabric.Contracts.Checks;
using Fabric.Contracts.Credentials;
using Fabric.Contracts.Keys;

namespace Fabric.Embedded.Tests.Engine;

public sealed class SecretTextTests
{
    [Fact]
    public void What_carries_a_secret_does_not_print_it()
    {
        object[] carriers =
        [
            new AgentWithSecret(null!, "hush"), new ApiKeyWithSecret(null!, "hush"), new IssuedCredential("id", "hush"), new CheckRequest("hush", "tool", "action"),
        ];
        Assert.All(carriers, carrier => Assert.DoesNotContain("hush", carrier.ToString(), StringComparison.Ordinal));
    }
}
