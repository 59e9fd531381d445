using Fabric.LoadTests.Scenarios;

namespace Fabric.LoadTests.Tests.Scenarios;

public sealed class TraceReaderTests
{
    private const string Good =
        """{"session":"s-1","user":"mia","agent":"desk","calls":[{"tool":"get_reservation","args":{"user_id":"mia","reservation_id":"JG7"}},{"tool":"cancel_all","args":{"user_id":"mia"}},{"tool":"think","args":{"thought":"…"}}]}""";

    [Fact]
    public void A_run_has_its_calls_with_resource_and_class()
    {
        var run = Assert.Single(TraceReader.Read(new StringReader(Good + "\n\n")));

        Assert.Equal(("s-1", "mia", "desk"), (run.Session, run.User, run.Agent));
        Assert.Equal(
            [new TraceCall("get_reservation", "reservation/JG7", "read"), new TraceCall("cancel_all", "user/mia", "destructive"), new TraceCall("think", "think", "read")],
            run.Calls);
    }

    [Theory]
    [InlineData("update_flight", "write")]
    [InlineData("book_flight", "write")]
    [InlineData("send_mail", "write")]
    [InlineData("transfer_money", "write")]
    [InlineData("list_all", "read")]
    [InlineData("calculate", "read")]
    [InlineData("anything_else", "destructive")]
    public void The_name_of_a_tool_tells_its_class(string tool, string expected) => Assert.Equal(expected, TraceCall.ClassOf(tool));

    [Theory]
    [InlineData("{", "not a JSON object")]
    [InlineData("[]", "`calls` must be a list")]
    [InlineData("""{"session":"s","user":"u","agent":"a"}""", "`calls` must be a list")]
    [InlineData("""{"user":"u","agent":"a","calls":[]}""", "`session` must be a text")]
    [InlineData("""{"session":"s","user":"not an id","agent":"a","calls":[]}""", "`user` must have")]
    [InlineData("""{"session":"s","user":"u","agent":7,"calls":[]}""", "`agent` must be a text")]
    [InlineData("""{"session":"s","user":"u","agent":"a","calls":["x"]}""", "a call must be an object")]
    [InlineData("""{"session":"s","user":"u","agent":"a","calls":[{"args":{}}]}""", "`tool` must be a text")]
    [InlineData("""{"session":"s","user":"u","agent":"a","calls":[{"tool":"t"}]}""", "`args` of `t`")]
    public void A_malformed_line_is_named_by_its_number(string line, string expected)
    {
        var fault = Assert.Throws<LoadException>(() => TraceReader.Read(new StringReader($"{Good}\n{line}\n{Good}")));

        Assert.StartsWith("line 2 of the trace: ", fault.Message, StringComparison.Ordinal);
        Assert.Contains(expected, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_trace_without_runs_is_refused() => Assert.Throws<LoadException>(() => TraceReader.Read(new StringReader("\n")));
}
