-- Streams of shared signals, each as its silo writes it: a receiver's place, and what it wants. A silo of an earlier version made the table at its first use.
CREATE TABLE IF NOT EXISTS fabric_signal_streams (tenant text NOT NULL, id text NOT NULL, stream text NOT NULL, PRIMARY KEY (tenant, id));
ALTER TABLE fabric_signal_streams ALTER COLUMN stream TYPE text USING stream::text;
