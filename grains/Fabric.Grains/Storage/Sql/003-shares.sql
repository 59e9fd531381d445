-- Whose records a row of the feed brings into the revocation index, and how many are of ids that were never made: a new owner of the order counts the tenants' shares from here.
ALTER TABLE fabric_feed ADD COLUMN tenant text, ADD COLUMN unknown integer NOT NULL DEFAULT 0;

-- What nothing asks by, or what comes in the order of time anyhow: each cost every command an entry.
DROP INDEX fabric_changes_by_time;
DROP INDEX fabric_audit_by_sequence;
DROP INDEX fabric_audit_by_time;
CREATE INDEX fabric_audit_by_time ON fabric_audit USING brin (at_ms) WITH (autosummarize = on);
