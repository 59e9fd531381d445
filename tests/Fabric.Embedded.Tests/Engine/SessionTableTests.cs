using Fabric.Core.Sessions;
using Fabric.Embedded.Engine;

namespace Fabric.Embedded.Tests.Engine;

public sealed class SessionTableTests
{
    [Fact]
    public void It_answers_as_a_dictionary_does_over_random_adds_and_removals()
    {
        var seed = Random.Shared.Next();
        var random = new Random(seed);
        var table = new SessionTable();
        var model = new Dictionary<UInt128, SessionState>();
        for (var step = 0; step < 60_000; step++)
        {
            // Few ids, so that they come back, and chains of one bucket.
            var id = (UInt128)(uint)random.Next(6_000) * 64;
            if (random.Next(100) < 40)
            {
                table.Remove(id);
                model.Remove(id);
            }
            else if (!model.ContainsKey(id))
            {
                model[id] = SessionSamples.WithId(id);
                table.Add(model[id]);
            }

            Assert.True(table.Count == model.Count, $"seed {seed}, step {step}");
            Assert.True(table.TryGet(id, out var found) == model.TryGetValue(id, out var expected) && found == expected, $"seed {seed}, step {step}");
        }

        Assert.All(model, pair => Assert.True(table.TryGet(pair.Key, out var found) && found == pair.Value, $"seed {seed}"));
        Assert.Equal(model.Count, Enumerable.Range(0, table.SlotCount).Count(slot => table.At(slot) is not null));
        Assert.True(table.SlotCount <= 6_000);
    }

    [Fact]
    public void A_session_keeps_its_slot_while_the_table_grows()
    {
        var table = new SessionTable();
        for (var i = 0; i < 40_000; i++)
        {
            table.Add(SessionSamples.WithId((UInt128)(uint)i));
        }

        Assert.All(Enumerable.Range(0, table.SlotCount), slot => Assert.Equal((UInt128)(uint)slot, table.At(slot)!.Id));
    }

    [Fact]
    [Trait("Invariant", "D1")]
    public void What_changed_is_taken_once_until_it_changes_again()
    {
        var table = new SessionTable();
        table.Add(SessionSamples.WithId(7));
        table.MarkDirty(7);
        table.MarkDirty(7);
        table.MarkDirty(8);
        var taken = table.TakeDirtySlots();

        Assert.Equal([0], taken);
        table.MarkClean(0);
        table.MarkDirty(7);
        Assert.Equal([0], table.DirtySlots);
        table.TakeDirtySlots();
        table.PutBack(taken, 0);
        Assert.Equal([0], table.DirtySlots);
    }
}
