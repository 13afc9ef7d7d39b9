-- What has ended is found without reading what has not.
CREATE INDEX IF NOT EXISTS invites_by_expiry ON invites (expires_at);
CREATE INDEX IF NOT EXISTS invites_by_removal ON invites (removed_at) WHERE removed_at IS NOT NULL;
CREATE INDEX IF NOT EXISTS receipts_by_end ON receipts (until);
