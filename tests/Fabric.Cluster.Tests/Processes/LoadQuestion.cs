namespace Fabric.Cluster.Tests.Processes;

/// <summary>A credential that is about to be checked, with what everybody had been told of it by then.</summary>
internal readonly record struct LoadQuestion(LoadToken Token, bool IsConfirmed, ulong? DeadFrom, ulong ConfirmedRevision)
{
    /// <summary>Holds an answer against it. Null: nothing is broken. <paramref name="isOwn"/>: decided on the view of whoever answered, at that revision.</summary>
    internal string? Judge(bool allowed, string? code, ulong revision, bool isOwn = true)
    {
        if (allowed)
        {
            return IsConfirmed ? $"R1: allowed after its revocation was confirmed, at revision {revision}: {Token}"
                : isOwn && DeadFrom <= revision ? $"R3: allowed at revision {revision}, with its revocation accepted at {DeadFrom}: {Token}"
                : isOwn && revision < ConfirmedRevision ? $"R1: allowed at revision {revision} after revision {ConfirmedRevision} was confirmed: {Token}"
                : null;
        }

        // Looked at afterwards: its revocation may have been asked for meanwhile.
        return Token.IsUntouched && !LoadLedger.IsUnsure(code) ? $"R5: denied with `{code}` at revision {revision}, and nobody has revoked it: {Token}" : null;
    }
}
