using Fabric.Core.Common;
using Fabric.Embedded.Storage;
using Fabric.Embedded.Tests.Fixtures;
using Fabric.Engine.Notes;
using Fabric.Testing;

namespace Fabric.Embedded.Tests.Storage;

public sealed class NoteFileTests
{
    private static readonly UInt128 Fabric = 7;
    private static readonly NoteLimits Room = new(100, 4);

    private readonly ManualTimeProvider _time = new(DateTimeOffset.UtcNow);

    private Instant Now => Instant.From(_time.GetUtcNow());

    [Fact]
    [Trait("Invariant", "D1")]
    public async Task Notes_are_there_after_a_start_and_count_against_their_limit()
    {
        using var temp = new TempFolder();
        using var folder = DataFolder.Open(temp.Path);
        using (var notes = NoteFile.Open(folder, Fabric, _time))
        {
            for (var name = 1; name <= 4; name++)
            {
                Assert.Null(await notes.AddAsync(Make((uint)name), Room));
            }

            Assert.NotNull((await notes.ReplaceAsync(Make(1) with { Body = new byte[] { 9 } })).Value);
            Assert.True((await notes.RemoveAsync("acme", "kind", 2)).Value);
            Assert.Null(await notes.AddAsync(Make(5), Room));
        }

        using var again = NoteFile.Open(folder, Fabric, _time);
        Assert.Equal([9], (await again.FindAsync("acme", "kind", 1)).Value!.Body.ToArray());
        Assert.Null((await again.FindAsync("acme", "kind", 2)).Value);
        Assert.Equal(Codes.LimitReached, (await again.AddAsync(Make(6), Room))?.Code);
        Assert.Null(await again.AddAsync(Make(6) with { Kind = "other" }, Room));
    }

    [Fact]
    [Trait("Invariant", "B1")]
    public async Task What_has_expired_is_not_there_and_makes_room()
    {
        using var temp = new TempFolder();
        using var folder = DataFolder.Open(temp.Path);
        using var notes = NoteFile.Open(folder, Fabric, _time);
        for (var name = 1; name <= 4; name++)
        {
            Assert.Null(await notes.AddAsync(Make((uint)name), Room));
        }

        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Null((await notes.FindAsync("acme", "kind", 1)).Value);
        Assert.Null((await notes.ReplaceAsync(Make(1) with { Until = Now + TimeSpan.FromHours(1) })).Value);
        Assert.False((await notes.RemoveAsync("acme", "kind", 1)).Value);
        Assert.Empty((await notes.ListAsync("acme", "kind", "mia", 10)).Value);
        Assert.Null(await notes.AddAsync(Make(1), Room));
        Assert.Equal(1, (await notes.FindAsync("acme", "kind", 1)).Value!.Version);
    }

    [Fact]
    public void A_file_of_another_fabric_is_refused()
    {
        using var temp = new TempFolder();
        using var folder = DataFolder.Open(temp.Path);
        NoteFile.Open(folder, Fabric, _time).Dispose();
        Assert.Equal(StartCodes.ForeignFile, Assert.Throws<FabricStartException>(() => NoteFile.Open(folder, 8, _time)).Code);
    }

    [Fact]
    public async Task What_is_asked_after_the_end_is_refused_and_no_fault()
    {
        using var temp = new TempFolder();
        using var folder = DataFolder.Open(temp.Path);
        var notes = NoteFile.Open(folder, Fabric, _time);
        notes.Dispose();
        Assert.Equal(Codes.StorageUnavailable, (await notes.AddAsync(Make(1), Room))?.Code);
        Assert.Equal(Codes.StorageUnavailable, (await notes.FindAsync("acme", "kind", 1)).Rejection?.Code);
    }

    private Note Make(UInt128 name) => new("acme", "kind", name, "owner", "mia", Now + TimeSpan.FromMinutes(1), new byte[] { 1, 2 });
}
