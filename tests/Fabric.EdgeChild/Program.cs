using Fabric.Client.Edges;
using Fabric.Client.Feed;
using Fabric.Core.Scopes;

// An enforcement point in a process of its own, for tests that stop it as an operating system does. Arguments: address. The key comes in the
// environment. Lines in: `check CLASS TOKEN`. Lines out: `ready`, then `allowed` or a denial code for each check.
var clock = new EdgeClock(TimeProvider.System);
var options = new FabricEdgeOptions { Name = "child" };
var feed = new FeedConnection(
    new FeedConnectionOptions { Addresses = [new Uri(args[0])], Secret = Environment.GetEnvironmentVariable("FABRIC_KEY")! }, options, clock);
await using var edge = new Edge(feed, options, clock);
edge.Start();
await feed.WhenLeasedAsync();
Console.WriteLine("ready");
while (Console.ReadLine() is { } line)
{
    var parts = line.Split(' ');
    var decision = edge.Check(parts[2], new ToolCall("mail", "send", "x", Enum.Parse<ActionClass>(parts[1])));
    Console.WriteLine(decision.Allowed ? "allowed" : decision.Code);
}
