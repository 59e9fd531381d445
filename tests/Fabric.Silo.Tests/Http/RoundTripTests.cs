using System.Collections;
using System.Reflection;
using System.Text.Json;
using Fabric.Client.Http;
using Fabric.Contracts;
using Fabric.Contracts.Audit;
using Fabric.Contracts.Changes;
using Fabric.Contracts.Revocations;
using Fabric.Contracts.Sessions;
using Fabric.Core.Common;

namespace Fabric.Silo.Tests.Http;

/// <summary>Over HTTP the fabric hears exactly what was said, and its answer arrives as it was given: every method, every field.</summary>
public sealed class RoundTripTests(StubServer server) : IClassFixture<StubServer>
{
    private const int Rounds = 20;

    public static TheoryData<string> Methods => [.. typeof(IFabric).GetMethods().Select(method => method.Name)];

    [Theory]
    [MemberData(nameof(Methods))]
    public async Task A_call_over_http_gives_what_the_fabric_gives(string name)
    {
        var seed = Environment.TickCount;
        var method = typeof(IFabric).GetMethod(name)!;
        var samples = new Samples(seed);
        using var client = new FabricHttpClient(server.Http.BaseAddress!, "operator");
        for (var round = 0; round < Rounds; round++)
        {
            var said = Prepare(samples.ArgumentsOf(method));
            var given = round % 4 == 3 ? StubFabric.Refuse(OutcomeOf(method)) : samples.Outcome(OutcomeOf(method));
            object?[]? heard = null;
            server.Engine.Answer = (called, arguments) =>
            {
                if (called.Name != name)
                {
                    // A watch asks first where it begins.
                    return samples.Outcome(OutcomeOf(called));
                }
                heard = arguments;
                return given;
            };
            var got = await CallAsync(client, method, said);
            Assert.True(heard is not null, $"seed {seed}, round {round}: {name} did not arrive; {Text(got)}");
            Assert.Equal($"seed {seed}: {Text(said)}", $"seed {seed}: {Text(heard)}");
            Assert.Equal($"seed {seed}: {Text(given)}", $"seed {seed}: {Text(got)}");
        }
    }

    // What the client adds when it is missing, so that a call can be repeated.
    private static object?[] Prepare(object?[] arguments) => [.. arguments.Select(argument => argument switch
    {
        RevokeRequest revoke => revoke with { IdempotencyKey = revoke.IdempotencyKey ?? "key" },
        UsageReport report => report with { ReportId = report.ReportId ?? "report" },
        ChangeQuery query => query with { Cursor = query.Cursor ?? "c1" },
        SessionQuery query => query with { Ancestor = query.Ancestor with { Id = "x" } },
        _ => argument,
    })];

    private static async Task<object> CallAsync(IFabric client, MethodInfo method, object?[] arguments)
    {
        var answer = method.Invoke(client, arguments)!;
        if (method.ReturnType.GetGenericTypeDefinition() == typeof(ValueTask<>))
        {
            var task = (Task)answer.GetType().GetMethod("AsTask")!.Invoke(answer, null)!;
            await task;
            return task.GetType().GetProperty("Result")!.GetValue(task)!;
        }
        await foreach (var change in (IAsyncEnumerable<Outcome<Change>>)answer)
        {
            return change;
        }
        throw new InvalidOperationException("the watch ended without an item");
    }

    private static Type OutcomeOf(MethodInfo method) => method.ReturnType.GetGenericArguments()[0];

    private static string Text(object? value) => value switch
    {
        null => "null",
        string text => $"\"{text}\"",
        CancellationToken => "-",
        DateTimeOffset moment => moment.ToString("O"),
        JsonElement json => json.GetRawText(),
        IEnumerable items => $"[{string.Join(", ", items.Cast<object?>().Select(Text))}]",
        _ when value.GetType().IsPrimitive => value.ToString()!,
        _ when value.GetType().Name == "Outcome`1" => (bool)Get(value, "IsOk")! ? Text(Get(value, "Value")) : value.GetType().GetProperty("Rejection")!.GetValue(value)!.ToString()!,
        _ => $"{{{string.Join(", ", value.GetType().GetProperties().Where(each => each.Name != "EqualityContract").Select(each => $"{each.Name}: {Text(each.GetValue(value))}"))}}}",
    };

    private static object? Get(object value, string property) => value.GetType().GetProperty(property)!.GetValue(value);
}
