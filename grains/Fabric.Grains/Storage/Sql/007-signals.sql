-- Streams that are pushed: which of them may have something to send, which silo sends it, until when, and whether somebody else has changed the stream since that silo looked. The table itself is
-- script 009's, which may have come before this one, or comes after it.
CREATE TABLE IF NOT EXISTS fabric_signal_streams (tenant text NOT NULL, id text NOT NULL, stream text NOT NULL, PRIMARY KEY (tenant, id));
ALTER TABLE fabric_signal_streams ADD COLUMN IF NOT EXISTS pushed boolean NOT NULL DEFAULT false;
ALTER TABLE fabric_signal_streams ADD COLUMN IF NOT EXISTS push_holder text;
ALTER TABLE fabric_signal_streams ADD COLUMN IF NOT EXISTS push_until timestamptz NOT NULL DEFAULT '-infinity';
ALTER TABLE fabric_signal_streams ADD COLUMN IF NOT EXISTS push_changed boolean NOT NULL DEFAULT false;
CREATE INDEX IF NOT EXISTS fabric_signal_streams_pushed ON fabric_signal_streams (push_until) WHERE pushed;
CREATE INDEX IF NOT EXISTS fabric_signal_streams_held ON fabric_signal_streams (push_holder) WHERE push_holder IS NOT NULL;
