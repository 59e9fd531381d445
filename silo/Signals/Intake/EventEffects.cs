using System.Text.Json;
using Fabric.Core.Tokens;

namespace Fabric.Silo.Signals.Intake;

/// <summary>What events do (CAEP 1.0, RISC 1.0).</summary>
internal static class EventEffects
{
    private const string Caep = "https://schemas.openid.net/secevent/caep/event-type/";
    private const string Risc = "https://schemas.openid.net/secevent/risc/event-type/";

    /// <summary>The effect of an event of a type; none for one that is not known, or gives rather than takes.</summary>
    public static EventEffect Of(string type, JsonElement fields) => type switch
    {
        Caep + "session-revoked" or Risc + "sessions-revoked" or Risc + "credential-compromise" or Risc + "account-credential-change-required" => EventEffect.EndSessions,

        // A credential more takes nothing from anybody.
        Caep + "credential-change" => ForeignJwt.Text(fields, "change_type") == "create" ? EventEffect.None : EventEffect.EndSessions,
        Risc + "account-disabled" or Risc + "account-purged" => EventEffect.EndUser,
        _ => EventEffect.None,
    };

    /// <summary>The last part of a type, for records; nothing that could hold what a record must not.</summary>
    public static string NameOf(string type) =>
        type.StartsWith(Caep, StringComparison.Ordinal) ? "CAEP " + type[Caep.Length..] : type.StartsWith(Risc, StringComparison.Ordinal) ? "RISC " + type[Risc.Length..] : "an event";
}
