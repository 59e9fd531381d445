using System.CommandLine;
using Fabric.Grains.Storage;
using Fabric.Silo.Verbs;
using Npgsql;

namespace Fabric.Silo.Cluster;

/// <summary>`migrate`: brings the cluster's database to this program's schema. Safe to run again, and from several places at once.</summary>
internal static class MigrateVerb
{
    public static Command Make()
    {
        var verb = new Command("migrate", "Bring the cluster's database to this program's schema.");
        Settings.AddTo(verb);
        verb.SetAction(async (parsed, cancellation) =>
        {
            if (Settings.Read(parsed) is not { } options)
            {
                return ExitCodes.BadConfiguration;
            }

            if (string.IsNullOrEmpty(options.Cluster.ConnectionString))
            {
                return Complaint.Say(parsed, "`Fabric:Cluster:ConnectionString`: name the PostgreSQL database");
            }

            try
            {
                await using var database = NpgsqlDataSource.Create(options.Cluster.ConnectionString);
                var before = await Schema.MigrateAsync(database, cancellation);
                await parsed.InvocationConfiguration.Output.WriteLineAsync(
                    before == Schema.Newest ? $"the schema is at version {Schema.Newest}" : $"the schema went from version {before} to {Schema.Newest}");
                return ExitCodes.Ok;
            }
            catch (Exception fault) when (fault is SchemaException or NpgsqlException or ArgumentException)
            {
                return Complaint.Say(parsed, fault.Message);
            }
        });
        return verb;
    }
}
