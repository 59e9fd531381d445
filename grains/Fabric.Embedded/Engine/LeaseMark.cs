using Fabric.Embedded.Storage;

namespace Fabric.Embedded.Engine;

/// <summary>
/// A file in the data folder that says: at the last stop every lease was back. It is taken away before anything is served, so that it never
/// speaks for a run that crashed (R1).
/// </summary>
internal static class LeaseMark
{
    internal static void Leave(DataFolder folder) => File.WriteAllText(PathIn(folder), "");

    internal static bool Take(DataFolder folder)
    {
        var path = PathIn(folder);
        if (!File.Exists(path))
        {
            return false;
        }

        File.Delete(path);
        return true;
    }

    private static string PathIn(DataFolder folder) => Path.Combine(folder.Path, "leases.returned");
}
