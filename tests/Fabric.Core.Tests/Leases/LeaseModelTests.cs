using Fabric.Core.Leases;
using Fabric.Core.Scopes;
using FsCheck;
using FsCheck.Fluent;

namespace Fabric.Core.Tests.Leases;

/// <summary>
/// The table against the rule as the protocol states it, taken receipt by receipt and edge by edge: it closes nothing early, and nothing
/// late. FsCheck prints the seed of a failure.
/// </summary>
public sealed class LeaseModelTests
{
    private const int Edges = 4;

    private static readonly Gen<Step> Steps =
        from op in Gen.Choose(0, 11)
        from edge in Gen.Choose(0, Edges - 1)
        from ms in Gen.Elements(0, 1, 7, 150, 400, 1_012, 1_013, 4_000)
        from back in Gen.Choose(0, 3)
        select new Step(op, edge, ms, (ulong)back);

    [Fact]
    [Trait("Invariant", "R1")]
    public void A_class_closes_when_the_last_edge_is_out_of_the_way_and_at_that_moment()
    {
        var property = Prop.ForAll(Steps.ArrayOf(400).ToArbitrary(), Run);
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(60), property);
    }

    private static bool Run(Step[] steps)
    {
        var at = new LeaseFixture();
        var edges = Enumerable.Range(0, Edges).Select(i => new ModelEdge(i)).ToArray();
        var (read, write) = (0UL, 0UL);
        foreach (var step in steps)
        {
            // Up to a deadline nothing moves by itself, and without one all is closed.
            var deadline = at.Table.NextDeadline;
            Assert.True(deadline is not null || at.Table.Closed.Confirmed == at.Head);
            if (deadline is { } next && step.Ms > 0 && next - TimeSpan.FromTicks(1) > at.Now)
            {
                Assert.Equal(at.Table.Closed, at.Table.Advance(next - TimeSpan.FromTicks(1)));
                at.NowMs = (next - TimeSpan.FromTicks(1)).TotalMilliseconds;
            }

            at.NowMs += step.Ms;
            edges[step.Edge].Take(step, at);
            var floors = at.Table.Advance(at.Now);
            read = Math.Max(read, Closed(edges, ActionClass.Read, at));
            write = Math.Max(write, Closed(edges, ActionClass.Write, at));
            Assert.Equal(new ClosedFloors(read, write, at.Head), floors);
        }

        return true;
    }

    private static ulong Closed(ModelEdge[] edges, ActionClass actionClass, LeaseFixture at)
    {
        ulong closed = 0;
        while (closed < at.Head && Array.TrueForAll(edges, e => e.IsOutOfTheWay(closed + 1, actionClass, at.Now)))
        {
            closed++;
        }

        return closed;
    }

    private sealed record Step(int Op, int Edge, int Ms, ulong Back);

    private sealed class ModelEdge(int number)
    {
        private readonly List<Renewal> _renewals = [];
        private EdgeConnection? _connection;
        private UInt128 _instance = (UInt128)(number + 1);
        private ulong _number;
        private ulong _acknowledged;
        private ulong _applied;

        public bool IsOutOfTheWay(ulong revision, ActionClass actionClass, TimeSpan now) =>
            _applied >= revision
            || _renewals.LastOrDefault(r => r.Head < revision) is not { } last
            || now > last.At + LeaseTerms.RunOutAfter(ClassBounds.Default.Of(actionClass));

        public void Take(Step step, LeaseFixture at)
        {
            switch (step.Op)
            {
                case 0 or 1 or 2:
                    at.Open();
                    break;
                case 3:
                    Disconnect();
                    _connection = at.Hello($"edge-{number}", instance: _instance);
                    break;
                case 4 when _connection is { } connection:
                    at.Table.Drop(connection, at.Now);
                    Disconnect();
                    break;
                case 5 when _connection is { } connection && step.Back == 0:
                    Assert.True(at.Table.Bye(connection, at.Now));
                    Disconnect();
                    _renewals.Clear();
                    (_applied, _instance) = (0, _instance + Edges);
                    break;
                case 6 or 7 or 8 when _connection is { } connection:
                    Renew(at, connection, at.Head - Math.Min(at.Head, step.Back));
                    break;
                case > 8 when _connection is { } connection:
                    var revision = at.Head - Math.Min(at.Head, step.Back);
                    var granted = at.Ack(connection, revision).Granted;
                    Assert.Equal(Acknowledge(revision), granted);
                    break;
            }
        }

        private void Renew(LeaseFixture at, EdgeConnection connection, ulong revision)
        {
            if (_renewals.Count(r => !r.IsGranted) == 16)
            {
                _renewals.RemoveAt(_renewals.Count - 1);
            }

            _renewals.Add(new Renewal(++_number, at.Now, at.Head));
            var granted = at.Renew(connection, _number, revision).Granted;
            Assert.Equal(Acknowledge(revision), granted);
        }

        private ulong Acknowledge(ulong revision)
        {
            _acknowledged = Math.Max(_acknowledged, revision);
            _applied = Math.Max(_applied, revision);
            var covered = _renewals.FindAll(r => !r.IsGranted && r.Head <= _acknowledged);
            covered.ForEach(r => r.IsGranted = true);
            return covered.Count == 0 ? 0 : covered[^1].Number;
        }

        private void Disconnect()
        {
            _connection = null;
            _acknowledged = 0;
            _renewals.RemoveAll(r => !r.IsGranted);
        }
    }

    private sealed record Renewal(ulong Number, TimeSpan At, ulong Head)
    {
        public bool IsGranted { get; set; }
    }
}
