-- The project's own tables. Ids and handles are 128 bits: uuid. Moments are milliseconds since 1970.

CREATE TABLE fabric_meta
(
    name text PRIMARY KEY,
    value bytea NOT NULL
);

-- Who owns the order of a partition. A new owner raises the term; one whose term has passed grants no lease and is refused by the keys below.
CREATE TABLE fabric_owner
(
    partition integer PRIMARY KEY,
    term bigint NOT NULL,
    owner text NOT NULL
);

-- The change stream: one row a command, in one order. The key fences a second owner: the same sequence is given out once.
CREATE TABLE fabric_changes
(
    partition integer NOT NULL,
    sequence bigint NOT NULL,
    id uuid NOT NULL,
    at_ms bigint NOT NULL,
    by_name text NOT NULL,
    revision bigint NOT NULL,
    events bytea NOT NULL,
    PRIMARY KEY (partition, sequence)
);
-- A command that is sent again, because nobody heard its answer, is found by its id.
CREATE UNIQUE INDEX fabric_changes_by_id ON fabric_changes (id);
CREATE INDEX fabric_changes_by_time ON fabric_changes (at_ms);

-- The enforcement feed: what can deny a call. Positions `first` to `last`; the key gives each out once.
CREATE TABLE fabric_feed
(
    partition integer NOT NULL,
    first bigint NOT NULL,
    last bigint NOT NULL,
    sequence bigint NOT NULL,
    ops bytea NOT NULL,
    drop_after bigint NOT NULL,
    PRIMARY KEY (partition, first)
);
CREATE INDEX fabric_feed_by_drop ON fabric_feed (drop_after);

-- Tenants, users, agents, trust grants, keys and locks, as the events that made them: every silo holds them in memory. `owner` is the grain that decides
-- for the entity and `version` counts its events, so that two activations of one grain cannot both go on.
CREATE TABLE fabric_directory
(
    sequence bigint NOT NULL,
    part integer NOT NULL,
    owner text,
    version bigint,
    at_ms bigint NOT NULL,
    by_name text NOT NULL,
    event bytea NOT NULL,
    PRIMARY KEY (sequence, part)
);
CREATE UNIQUE INDEX fabric_directory_by_owner ON fabric_directory (owner, version, part) WHERE owner IS NOT NULL;

-- Sessions as they stand. `version` counts the changes of a session's status.
CREATE TABLE fabric_sessions
(
    id uuid PRIMARY KEY,
    tenant text NOT NULL,
    status smallint NOT NULL,
    expires_ms bigint NOT NULL,
    version integer NOT NULL,
    ancestors uuid[] NOT NULL,
    body bytea NOT NULL
) WITH (fillfactor = 80);
CREATE INDEX fabric_sessions_by_ancestor ON fabric_sessions USING gin (ancestors);
CREATE INDEX fabric_sessions_by_end ON fabric_sessions (expires_ms);
CREATE INDEX fabric_sessions_live ON fabric_sessions (tenant) WHERE status IN (1, 2);

-- The inventory: no credential exists that has no row here.
CREATE TABLE fabric_credentials
(
    id uuid PRIMARY KEY,
    session uuid NOT NULL,
    sequence bigint NOT NULL,
    expires_ms bigint NOT NULL
);
CREATE INDEX fabric_credentials_by_session ON fabric_credentials (session);
CREATE INDEX fabric_credentials_by_end ON fabric_credentials (expires_ms);

-- What quotas are; how much of one is drawn is its grain's state.
CREATE TABLE fabric_quotas
(
    handle uuid PRIMARY KEY,
    units bigint NOT NULL,
    period_ms bigint NOT NULL,
    drop_after bigint NOT NULL
);
CREATE INDEX fabric_quotas_by_drop ON fabric_quotas (drop_after);

-- Requests that were carried out, by the halves of their names (idempotency).
CREATE TABLE fabric_requests
(
    key bigint PRIMARY KEY,
    content bigint NOT NULL,
    revision bigint NOT NULL,
    at_ms bigint NOT NULL
);
CREATE INDEX fabric_requests_by_time ON fabric_requests (at_ms);

CREATE TABLE fabric_usage_reports
(
    name bytea PRIMARY KEY,
    at_ms bigint NOT NULL
);
CREATE INDEX fabric_usage_reports_by_time ON fabric_usage_reports (at_ms);

CREATE TABLE fabric_audit
(
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    sequence bigint NOT NULL DEFAULT 0,
    at_ms bigint NOT NULL,
    kind text NOT NULL,
    tenant text NOT NULL,
    user_name text,
    agent text,
    session uuid,
    credential uuid,
    credentials uuid[],
    tool text,
    action text,
    resource text,
    purpose text,
    reason text,
    by_name text,
    delegated_from uuid,
    revision bigint NOT NULL,
    count bigint NOT NULL,
    first_ms bigint NOT NULL DEFAULT 0,
    last_ms bigint NOT NULL DEFAULT 0,
    detail text
);
CREATE INDEX fabric_audit_by_tenant ON fabric_audit (tenant, id);
CREATE INDEX fabric_audit_by_session ON fabric_audit (session, id) WHERE session IS NOT NULL;
CREATE INDEX fabric_audit_by_sequence ON fabric_audit (sequence) WHERE sequence > 0;
CREATE INDEX fabric_audit_by_credential ON fabric_audit (credential) WHERE credential IS NOT NULL;
CREATE INDEX fabric_audit_by_credentials ON fabric_audit USING gin (credentials) WHERE credentials IS NOT NULL;
CREATE INDEX fabric_audit_by_time ON fabric_audit (at_ms);
