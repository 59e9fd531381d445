using System.Text;
using Fabric.Embedded.Storage;
using Fabric.Embedded.Storage.Sqlite;
using Fabric.Embedded.Tests.Fixtures;
using Xunit.Abstractions;

namespace Fabric.Embedded.Tests.Storage;

public sealed class StateStoreTests(ITestOutputHelper output)
{
    private static readonly UInt128 Fabric = 7;

    [Fact]
    public void Stored_entities_come_back_with_the_covered_position()
    {
        using var temp = new TempFolder();
        using var folder = DataFolder.Open(temp.Path);
        using (var store = StateStore.Open(folder, Fabric))
        {
            store.Write([Row(1, "a", "one"), Row(2, "a", "two"), Row(1, "b", "")]);
            Assert.Equal(0UL, store.CoveredSequence);
            store.Write([Row(1, "a", "three"), Row(1, "b", null), Row(3, "", "root")], coveredSequence: 42);
        }

        using var again = StateStore.Open(folder, Fabric);
        Assert.Equal(42UL, again.CoveredSequence);
        Assert.Equal(["1/a=three", "2/a=two", "3/=root"], Load(again));
    }

    [Fact]
    public void What_is_stored_equals_a_model_after_random_writes()
    {
        var seed = Random.Shared.Next();
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        using var temp = new TempFolder();
        using var folder = DataFolder.Open(temp.Path);
        var model = new SortedDictionary<string, string>(StringComparer.Ordinal);
        for (var round = 0; round < 20; round++)
        {
            using var store = StateStore.Open(folder, Fabric);
            var rows = new List<StateRow>();
            for (var i = 0; i < 200; i++)
            {
                var kind = (byte)random.Next(1, 4);
                var key = random.Next(100).ToString("d3");
                var value = random.Next(4) == 0 ? null : random.Next().ToString();
                rows.Add(Row(kind, key, value));
                if (value is null)
                {
                    model.Remove($"{kind}/{key}");
                }
                else
                {
                    model[$"{kind}/{key}"] = value;
                }
            }

            store.Write(rows, (ulong)round);
            Assert.Equal(model.Select(entry => $"{entry.Key}={entry.Value}"), Load(store), StringComparer.Ordinal);
        }
    }

    [Fact]
    public void A_chunk_that_fails_leaves_nothing_and_the_next_one_works()
    {
        using var temp = new TempFolder();
        using var folder = DataFolder.Open(temp.Path);
        using var store = StateStore.Open(folder, Fabric);
        store.Write([Row(1, "a", "one")], 1);
        Assert.Throws<ArgumentOutOfRangeException>(() =>
            store.Write([Row(1, "a", "two"), new StateRow(1, new byte[StateStore.MaxKeyBytes + 1], null)], 2));
        Assert.Equal(["1/a=one"], Load(store));
        Assert.Equal(1UL, store.CoveredSequence);
        store.Write([Row(1, "a", "three")], 3);
        Assert.Equal(["1/a=three"], Load(store));
    }

    [MountFact]
    public void A_full_disk_fails_the_chunk_and_a_freed_one_takes_it()
    {
        using var mount = new Mount(2048);
        using var folder = DataFolder.Open(mount.Path);
        using var store = StateStore.Open(folder, Fabric);
        store.Write([Row(1, "a", "one")], 1);
        mount.Fill();
        var big = new StateRow(1, "b"u8.ToArray(), new byte[100_000]);
        Assert.Equal(SQLitePCL.raw.SQLITE_FULL, Assert.Throws<StorageException>(() => store.Write([big], 2)).PrimaryCode);
        Assert.Equal(1UL, store.CoveredSequence);
        mount.Free();
        store.Write([big], 2);
        Assert.Equal(2, Load(store).Count);
    }

    [Theory]
    [InlineData("UPDATE entity SET value = (SELECT value FROM entity WHERE key = x'0162') WHERE key = x'0161'")]
    [InlineData("UPDATE entity SET value = x'0000'")]
    [InlineData("DROP TABLE entity")]
    public void A_damaged_row_is_a_start_error(string spoil)
    {
        using var temp = new TempFolder();
        using var folder = DataFolder.Open(temp.Path);
        using (var store = StateStore.Open(folder, Fabric))
        {
            store.Write([Row(1, "a", "one"), Row(1, "b", "two")], 1);
        }

        Sql.Run(temp.In("state.db"), spoil);
        AssertDamaged(folder);
    }

    [Fact]
    public void A_truncated_file_is_a_start_error()
    {
        using var temp = new TempFolder();
        using var folder = DataFolder.Open(temp.Path);
        using (var store = StateStore.Open(folder, Fabric))
        {
            store.Write(Enumerable.Range(0, 1000).Select(i => Row(1, i.ToString(), new string('x', 100))), 1);
        }

        using (var stream = File.OpenWrite(temp.In("state.db")))
        {
            stream.SetLength(stream.Length / 2);
        }

        AssertDamaged(folder);
    }

    [Fact]
    public void A_state_of_another_fabric_is_refused()
    {
        using var temp = new TempFolder();
        using var folder = DataFolder.Open(temp.Path);
        StateStore.Open(folder, Fabric).Dispose();
        Assert.Equal(StartCodes.ForeignFile, Assert.Throws<FabricStartException>(() => StateStore.Open(folder, 8)).Code);
    }

    [Theory]
    [InlineData(1, StartCodes.FormatOlder)]
    [InlineData(3, StartCodes.FormatNewer)]
    public void A_state_of_another_format_is_refused(ulong format, string code)
    {
        using var temp = new TempFolder();
        using var folder = DataFolder.Open(temp.Path);
        StateStore.Open(folder, Fabric).Dispose();
        Sql.Meta(temp.In("state.db"), meta => meta.SetNumber(MetaTable.FormatKey, format));
        var error = Assert.Throws<FabricStartException>(() => StateStore.Open(folder, Fabric));
        Assert.Equal(code, error.Code);
        Assert.Contains("state.db", error.Message, StringComparison.Ordinal);
    }

    private static void AssertDamaged(DataFolder folder)
    {
        var error = Assert.Throws<FabricStartException>(() =>
        {
            using var store = StateStore.Open(folder, Fabric);
            Load(store);
        });
        Assert.Equal(StartCodes.StateDamaged, error.Code);
        Assert.Contains("state.db", error.Message, StringComparison.Ordinal);
    }

    private static StateRow Row(byte kind, string key, string? value) =>
        new(kind, Encoding.UTF8.GetBytes(key), value is null ? null : Encoding.UTF8.GetBytes(value));

    private static List<string> Load(StateStore store)
    {
        var rows = new List<string>();
        store.Load((kind, key, value) => rows.Add($"{kind}/{Encoding.UTF8.GetString(key)}={Encoding.UTF8.GetString(value)}"));
        return rows;
    }
}
