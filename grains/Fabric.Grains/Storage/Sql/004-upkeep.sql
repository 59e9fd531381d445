-- Silos that are behind read by sequence.
CREATE INDEX fabric_feed_by_sequence ON fabric_feed (partition, sequence);

-- What a row replaces of its entity's earlier ones (its secret, its review, its lock); null: nothing, it stays for good.
ALTER TABLE fabric_directory ADD COLUMN slot text;
CREATE INDEX fabric_directory_by_slot ON fabric_directory (owner, slot, version) WHERE slot IS NOT NULL;
