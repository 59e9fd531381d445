using Fabric.Core.Common;
using Fabric.Engine.Notes;

namespace Fabric.Silo.Signals.Intake;

/// <summary>An event that waits.</summary>
internal sealed record WaitingEvent(Note Note, string Token, WaitsFor For)
{
    /// <summary>When it came.</summary>
    public Instant Since => Note.Until - WaitingEvents.NotSweptFor;

    /// <summary>Without the token.</summary>
    public override string ToString() => $"{nameof(WaitingEvent)} {{ {Note.Tenant} {Note.Owner} {For} }}";
}
