namespace Fabric.LoadTests.Reports;

/// <summary>What a metric must reach at full size: at least or at most a value.</summary>
internal sealed record Bar(bool IsAtLeast, double Value)
{
    private static readonly Dictionary<string, Bar> All = new(StringComparer.Ordinal)
    {
        ["check.rate_per_core"] = new(true, 3_000_000),
        ["check.hot_rate_per_core"] = new(true, 6_000_000),
        ["check.alloc_bytes"] = new(false, 0),
        ["check.first_ratio_to_es256"] = new(false, 1.25),
        ["issue.ratio_to_es256"] = new(true, 0.40),
        ["issue.http_rate"] = new(true, 15_000),
        ["cascade.confirmed_p50_ms"] = new(false, 2),
        ["cascade.confirmed_p99_ms"] = new(false, 15),
        ["cascade.ratio_1m_to_10"] = new(false, 1.5),
        ["leak.confirmed_s"] = new(false, 3),
        ["leak.bytes_per_record"] = new(false, 48),
        ["recover.ready_s"] = new(false, 6),
        ["recover.lost"] = new(false, 0),
        ["memory.bytes_per_session"] = new(false, 500),
        ["replay.allowed_after_confirmed"] = new(false, 0),
        ["replay.wrongly_denied"] = new(false, 0),
        ["cluster.issue.first_start_s"] = new(false, 5),
        ["cluster.issue_rate"] = new(true, 10_000),
        ["cluster.open_rate"] = new(true, 1_500),
        ["cluster.check_feed_p50_us"] = new(false, 150),
        ["cluster.check_orleans_p50_us"] = new(false, 150),
        ["cluster.check_relay_p50_us"] = new(false, 3),
        ["cluster.naive_ratio"] = new(true, 300),
        ["cluster.revoke_p50_ms"] = new(false, 5),
        ["cluster.revoke_p99_ms"] = new(false, 40),
        ["cluster.frozen_edge_confirmed_ms"] = new(false, 5_200),
        ["cluster.killed_silo_again_ms"] = new(false, 2_500),
        ["cluster.false_evictions"] = new(false, 0),
        ["cluster.lost"] = new(false, 0),
        ["storm.edge_check_slower"] = new(false, 1.10),
        ["storm.asked_check_slower"] = new(false, 1.10),
        ["storm.revoke_slower"] = new(false, 1.10),
        ["soak.growing"] = new(false, 0),
        ["compare.check_redis_get"] = new(true, 30),
        ["compare.check_redis_mget"] = new(true, 80),
        ["compare.check_hot_redis_get"] = new(true, 30),
        ["compare.check_hot_redis_mget"] = new(true, 80),
        ["compare.check_postgres"] = new(true, 150),
        ["compare.cascade_postgres_1111110"] = new(true, 1_000),
        ["compare.issue_oidc_provider"] = new(true, 4),
        ["compare.token_oidc_provider"] = new(true, 4),
        ["compare.token_jwt_oidc_provider"] = new(true, 4),
        ["compare.introspect_oidc_provider"] = new(true, 5),
        ["compare.revoke_redis"] = new(true, 0.5),
        ["compare.check_http_constant"] = new(true, 0.6),
        ["compare.auth_request_nginx"] = new(true, 0.6),
    };

    /// <summary>The bar of a metric; null: it is told, and has none.</summary>
    public static Bar? Of(string metric) => All.GetValueOrDefault(metric);

    /// <summary>Whether a value reaches the bar.</summary>
    public bool IsMetBy(double value) => IsAtLeast ? value >= Value : value <= Value;

    /// <inheritdoc/>
    public override string ToString() => $"{(IsAtLeast ? ">=" : "<=")} {Metric.Format(Value)}";
}
