-- What may be used once, by the hash of its name: assertions and proofs of clients. All silos ask here, and the sweep drops what has expired.
CREATE TABLE fabric_once (name uuid PRIMARY KEY, until_ms bigint NOT NULL);
CREATE INDEX fabric_once_by_end ON fabric_once (until_ms);
