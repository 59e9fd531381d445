namespace Fabric.Silo.OAuth.Registration;

/// <summary>A client that has shown its registration access token.</summary>
internal sealed record ProvenClient(Held<RegisteredClient> Held, string Token)
{
    /// <summary>Without the token: a log is no place for it.</summary>
    public override string ToString() => $"{nameof(ProvenClient)} {{ {Held.Value.Id} }}";
}
