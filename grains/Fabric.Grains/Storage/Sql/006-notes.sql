-- What hosts remember for a while: codes, requests, logins, families of refresh tokens. Names are hashes; the sweep drops what has expired.
CREATE TABLE IF NOT EXISTS fabric_notes
(
    name uuid PRIMARY KEY,
    tenant text NOT NULL,
    kind text NOT NULL,
    owner text NOT NULL,
    subject text,
    until_ms bigint NOT NULL,
    body bytea NOT NULL,
    version bigint NOT NULL
) WITH (fillfactor = 80);
CREATE INDEX IF NOT EXISTS fabric_notes_by_owner ON fabric_notes (kind, tenant, owner, until_ms);
CREATE INDEX IF NOT EXISTS fabric_notes_by_subject ON fabric_notes (tenant, kind, subject, until_ms) WHERE subject IS NOT NULL;
CREATE INDEX IF NOT EXISTS fabric_notes_by_end ON fabric_notes (until_ms);
