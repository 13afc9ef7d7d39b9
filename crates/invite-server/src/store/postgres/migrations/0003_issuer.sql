-- The address that a signed key names as its issuer; no other key has one.
ALTER TABLE invites ADD COLUMN IF NOT EXISTS issuer TEXT;
