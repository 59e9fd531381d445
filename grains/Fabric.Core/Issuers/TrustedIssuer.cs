using Fabric.Core.Journal;

namespace Fabric.Core.Issuers;

/// <summary>
/// An issuer of tokens that a tenant trusts. <paramref name="Issuer"/>: its `iss`, or `spiffe://TRUST-DOMAIN`. Its keys are found by its metadata, or at <paramref name="JwksUri"/>, or are
/// <paramref name="Jwks"/> itself. <paramref name="Audiences"/>: whom its tokens must be for; none: the tenant's own issuer. <paramref name="SubjectClaim"/>: the claim that names
/// the user or the workload. <paramref name="CreateUsers"/>: a user that is not known is registered at first sight. <paramref name="Reusable"/>: a workload may show the same token until it expires.
/// </summary>
public sealed record TrustedIssuer(
    string Id, IssuerKind Kind, string Issuer, string? JwksUri, string? Jwks, IReadOnlyList<string> Audiences, IReadOnlyList<string> Algorithms, string SubjectClaim,
    IReadOnlyList<SubjectRule> Subjects, bool CreateUsers, bool Reusable)
{
    /// <summary>The fabric as a client of it, where users sign in at it; null for every other kind.</summary>
    public LoginClient? Login { get; init; }

    /// <summary>The agent that a subject is; null: none. <paramref name="named"/>: only this one will do.</summary>
    public string? AgentOf(string subject, string? named)
    {
        foreach (var rule in Subjects)
        {
            if ((named is null || rule.Agent == named) && rule.Matches(subject))
            {
                return rule.Agent;
            }
        }

        return null;
    }

    internal void Write(RecordWriter writer)
    {
        writer.Text(Id);
        writer.Number((ulong)Kind);
        writer.Text(Issuer);
        writer.Text(JwksUri);
        writer.Text(Jwks);
        WriteList(writer, Audiences);
        WriteList(writer, Algorithms);
        writer.Text(SubjectClaim);
        writer.Number((ulong)Subjects.Count);
        foreach (var rule in Subjects)
        {
            writer.Text(rule.Subject);
            writer.Text(rule.Agent);
        }

        writer.Bool(CreateUsers);
        writer.Bool(Reusable);
        if (Kind == IssuerKind.Login)
        {
            Login!.Write(writer);
        }
    }

    internal static TrustedIssuer Read(ref RecordReader reader)
    {
        var (id, kind, issuer) = (reader.Text(), (IssuerKind)reader.Count(), reader.Text());
        var (jwksUri, jwks, audiences, algorithms, claim) = (reader.TextOrNull(), reader.TextOrNull(), ReadList(ref reader), ReadList(ref reader), reader.Text());
        var rules = new SubjectRule[reader.Count()];
        for (var i = 0; i < rules.Length; i++)
        {
            rules[i] = new SubjectRule(reader.Text(), reader.Text());
        }

        var read = new TrustedIssuer(id, kind, issuer, jwksUri, jwks, audiences, algorithms, claim, rules, reader.Bool(), reader.Bool());
        return kind == IssuerKind.Login ? read with { Login = LoginClient.Read(ref reader) } : read;
    }

    private static void WriteList(RecordWriter writer, IReadOnlyList<string> texts)
    {
        writer.Number((ulong)texts.Count);
        foreach (var text in texts)
        {
            writer.Text(text);
        }
    }

    private static string[] ReadList(ref RecordReader reader)
    {
        var texts = new string[reader.Count()];
        for (var i = 0; i < texts.Length; i++)
        {
            texts[i] = reader.Text();
        }

        return texts;
    }
}
