-- What Orleans' ADO.NET providers ask for: a table of queries by key, each with fixed parameter names and result columns. Statements instead of
-- functions, so that they are planned once a connection. Rows that are there already (an operator applied Orleans' own scripts) stay as they are.
CREATE TABLE IF NOT EXISTS OrleansQuery
(
    QueryKey varchar(64) NOT NULL,
    QueryText varchar(8000) NOT NULL,
    CONSTRAINT OrleansQuery_Key PRIMARY KEY (QueryKey)
);

-- Clustering: one version row a cluster, one row a silo. A change of a silo's row raises the version, and only from the version that was read.
CREATE TABLE fabric_membership_version
(
    cluster varchar(150) PRIMARY KEY,
    version integer NOT NULL
);

CREATE TABLE fabric_membership
(
    cluster varchar(150) NOT NULL REFERENCES fabric_membership_version (cluster),
    address varchar(45) NOT NULL,
    port integer NOT NULL,
    generation integer NOT NULL,
    silo_name varchar(150) NOT NULL,
    host_name varchar(150) NOT NULL,
    status integer NOT NULL,
    proxy_port integer NOT NULL,
    suspect_times text,
    start_time timestamptz NOT NULL,
    alive_time timestamptz NOT NULL,
    PRIMARY KEY (cluster, address, port, generation)
);

-- Grain state: the key is what names a grain, hashes first so that it is narrow to compare. A version is the state's etag.
CREATE TABLE fabric_grain_state
(
    service varchar(150) NOT NULL,
    grain_hash integer NOT NULL,
    type_hash integer NOT NULL,
    n0 bigint NOT NULL,
    n1 bigint NOT NULL,
    type_name varchar(512) NOT NULL,
    key_text varchar(512) NOT NULL DEFAULT '',
    payload bytea,
    version integer NOT NULL,
    modified timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (grain_hash, type_hash, n0, n1, key_text, type_name, service)
) WITH (fillfactor = 70);

CREATE TABLE fabric_reminders
(
    service varchar(150) NOT NULL,
    grain varchar(512) NOT NULL,
    name varchar(150) NOT NULL,
    start_time timestamptz NOT NULL,
    period bigint NOT NULL,
    grain_hash integer NOT NULL,
    version integer NOT NULL,
    PRIMARY KEY (service, grain, name)
);
CREATE INDEX fabric_reminders_by_hash ON fabric_reminders (service, grain_hash);

INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES
('InsertMembershipVersionKey', '
WITH made AS (INSERT INTO fabric_membership_version (cluster, version) VALUES (@DeploymentId, 0) ON CONFLICT DO NOTHING RETURNING 1)
SELECT count(*)::integer FROM made'),

('InsertMembershipKey', '
WITH raised AS (
    UPDATE fabric_membership_version SET version = version + 1
    WHERE cluster = @DeploymentId AND version = @Version
      AND NOT EXISTS (SELECT 1 FROM fabric_membership WHERE cluster = @DeploymentId AND address = @Address AND port = @Port AND generation = @Generation)
    RETURNING cluster),
made AS (
    INSERT INTO fabric_membership (cluster, address, port, generation, silo_name, host_name, status, proxy_port, start_time, alive_time)
    SELECT cluster, @Address, @Port, @Generation, @SiloName, @HostName, @Status, @ProxyPort, @StartTime, @IAmAliveTime FROM raised
    RETURNING 1)
SELECT count(*)::integer FROM made'),

('UpdateMembershipKey', '
WITH raised AS (
    UPDATE fabric_membership_version SET version = version + 1
    WHERE cluster = @DeploymentId AND version = @Version
      AND EXISTS (SELECT 1 FROM fabric_membership WHERE cluster = @DeploymentId AND address = @Address AND port = @Port AND generation = @Generation)
    RETURNING cluster),
changed AS (
    UPDATE fabric_membership SET status = @Status, suspect_times = @SuspectTimes, alive_time = @IAmAliveTime
    FROM raised
    WHERE fabric_membership.cluster = raised.cluster AND address = @Address AND port = @Port AND generation = @Generation
    RETURNING 1)
SELECT count(*)::integer FROM changed'),

('UpdateIAmAlivetimeKey', '
UPDATE fabric_membership SET alive_time = @IAmAliveTime
WHERE cluster = @DeploymentId AND address = @Address AND port = @Port AND generation = @Generation'),

('MembershipReadRowKey', '
SELECT m.address AS Address, m.port AS Port, m.generation AS Generation, m.silo_name AS SiloName, m.host_name AS HostName, m.status AS Status,
       m.proxy_port AS ProxyPort, m.suspect_times AS SuspectTimes, m.start_time AS StartTime, m.alive_time AS IAmAliveTime, v.version AS Version
FROM fabric_membership_version v
LEFT JOIN fabric_membership m ON m.cluster = v.cluster AND m.address = @Address AND m.port = @Port AND m.generation = @Generation
WHERE v.cluster = @DeploymentId'),

('MembershipReadAllKey', '
SELECT m.address AS Address, m.port AS Port, m.generation AS Generation, m.silo_name AS SiloName, m.host_name AS HostName, m.status AS Status,
       m.proxy_port AS ProxyPort, m.suspect_times AS SuspectTimes, m.start_time AS StartTime, m.alive_time AS IAmAliveTime, v.version AS Version
FROM fabric_membership_version v
LEFT JOIN fabric_membership m ON m.cluster = v.cluster
WHERE v.cluster = @DeploymentId'),

('GatewaysQueryKey', '
SELECT address AS Address, proxy_port AS ProxyPort, generation AS Generation
FROM fabric_membership WHERE cluster = @DeploymentId AND status = @Status AND proxy_port > 0'),

('DeleteMembershipTableEntriesKey', '
WITH gone AS (DELETE FROM fabric_membership WHERE cluster = @DeploymentId)
DELETE FROM fabric_membership_version WHERE cluster = @DeploymentId'),

-- 6: SiloStatus.Dead
('CleanupDefunctSiloEntriesKey', '
DELETE FROM fabric_membership WHERE cluster = @DeploymentId AND status = 6 AND alive_time < @IAmAliveTime'),

('ReadFromStorageKey', '
SELECT payload AS PayloadBinary, version AS Version FROM fabric_grain_state
WHERE grain_hash = @GrainIdHash AND type_hash = @GrainTypeHash AND n0 = @GrainIdN0 AND n1 = @GrainIdN1
  AND key_text = coalesce(@GrainIdExtensionString, '''') AND type_name = @GrainTypeString AND service = @ServiceId'),

-- No etag: the state was never written, so a row that is there belongs to another activation. An etag: only that version is replaced.
('WriteToStorageKey', '
WITH changed AS (
    UPDATE fabric_grain_state SET payload = @PayloadBinary, version = version + 1, modified = now()
    WHERE @GrainStateVersion IS NOT NULL AND version = @GrainStateVersion
      AND grain_hash = @GrainIdHash AND type_hash = @GrainTypeHash AND n0 = @GrainIdN0 AND n1 = @GrainIdN1
      AND key_text = coalesce(@GrainIdExtensionString, '''') AND type_name = @GrainTypeString AND service = @ServiceId
    RETURNING version),
made AS (
    INSERT INTO fabric_grain_state (service, grain_hash, type_hash, n0, n1, type_name, key_text, payload, version)
    SELECT @ServiceId, @GrainIdHash, @GrainTypeHash, @GrainIdN0, @GrainIdN1, @GrainTypeString, coalesce(@GrainIdExtensionString, ''''), @PayloadBinary, 1
    WHERE @GrainStateVersion IS NULL
    ON CONFLICT DO NOTHING
    RETURNING version)
SELECT coalesce((SELECT version FROM changed), (SELECT version FROM made), @GrainStateVersion) AS NewGrainStateVersion'),

('ClearStorageKey', '
WITH changed AS (
    UPDATE fabric_grain_state SET payload = NULL, version = version + 1, modified = now()
    WHERE version = @GrainStateVersion
      AND grain_hash = @GrainIdHash AND type_hash = @GrainTypeHash AND n0 = @GrainIdN0 AND n1 = @GrainIdN1
      AND key_text = coalesce(@GrainIdExtensionString, '''') AND type_name = @GrainTypeString AND service = @ServiceId
    RETURNING version)
SELECT coalesce((SELECT version FROM changed), @GrainStateVersion) AS NewGrainStateVersion'),

('DeleteStorageKey', '
WITH gone AS (
    DELETE FROM fabric_grain_state
    WHERE version = @GrainStateVersion
      AND grain_hash = @GrainIdHash AND type_hash = @GrainTypeHash AND n0 = @GrainIdN0 AND n1 = @GrainIdN1
      AND key_text = coalesce(@GrainIdExtensionString, '''') AND type_name = @GrainTypeString AND service = @ServiceId
    RETURNING version)
SELECT coalesce((SELECT version + 1 FROM gone), @GrainStateVersion) AS NewGrainStateVersion'),

('ReadReminderRowsKey', '
SELECT grain AS GrainId, name AS ReminderName, start_time AS StartTime, period AS Period, version AS Version
FROM fabric_reminders WHERE service = @ServiceId AND grain = @GrainId'),

('ReadReminderRowKey', '
SELECT grain AS GrainId, name AS ReminderName, start_time AS StartTime, period AS Period, version AS Version
FROM fabric_reminders WHERE service = @ServiceId AND grain = @GrainId AND name = @ReminderName'),

('ReadRangeRows1Key', '
SELECT grain AS GrainId, name AS ReminderName, start_time AS StartTime, period AS Period, version AS Version
FROM fabric_reminders WHERE service = @ServiceId AND grain_hash > @BeginHash AND grain_hash <= @EndHash'),

-- The range goes over the end of the ring.
('ReadRangeRows2Key', '
SELECT grain AS GrainId, name AS ReminderName, start_time AS StartTime, period AS Period, version AS Version
FROM fabric_reminders WHERE service = @ServiceId AND (grain_hash > @BeginHash OR grain_hash <= @EndHash)'),

('UpsertReminderRowKey', '
INSERT INTO fabric_reminders (service, grain, name, start_time, period, grain_hash, version)
VALUES (@ServiceId, @GrainId, @ReminderName, @StartTime, @Period, @GrainHash, 0)
ON CONFLICT (service, grain, name) DO UPDATE
SET start_time = excluded.start_time, period = excluded.period, grain_hash = excluded.grain_hash, version = fabric_reminders.version + 1
RETURNING version AS Version'),

('DeleteReminderRowKey', '
WITH gone AS (DELETE FROM fabric_reminders WHERE service = @ServiceId AND grain = @GrainId AND name = @ReminderName AND version = @Version RETURNING 1)
SELECT count(*)::integer FROM gone'),

('DeleteReminderRowsKey', '
DELETE FROM fabric_reminders WHERE service = @ServiceId')
ON CONFLICT (QueryKey) DO NOTHING;
