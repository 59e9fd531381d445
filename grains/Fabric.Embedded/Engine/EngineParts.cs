using Fabric.Core.Index;
using Fabric.Core.Keys;
using Fabric.Embedded.Storage;
using Fabric.Engine.Feed;
using Microsoft.Extensions.Logging;

namespace Fabric.Embedded.Engine;

/// <summary>What recovery has put together for an engine.</summary>
internal sealed record EngineParts(
    EmbeddedOptions Options, TimeProvider Time, ILogger Logger, DataFolder Folder, Journal Journal, StateStore State, AuditTrail Audit, RevocationIndex Index,
    KeyRing Keys, FeedHub Feed, ChangeLog Changes, SigningKeys Signing, LoginSecrets Logins, Ledger Ledger, NoteFile Notes)
{
    /// <summary>Closes the files. <paramref name="clean"/>: every lease is back, so the next start need not wait for any.</summary>
    internal void Close(bool clean)
    {
        Audit.Store.Dispose();
        State.Dispose();
        Notes.Dispose();
        Journal.Dispose();
        if (clean)
        {
            LeaseMark.Leave(Folder);
        }

        Folder.Dispose();
    }
}
