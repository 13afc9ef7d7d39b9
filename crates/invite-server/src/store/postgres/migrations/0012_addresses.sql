-- Invites for somebody with an address, by it: found and sorted without reading the others.
CREATE INDEX IF NOT EXISTS invites_by_address ON invites (resource, inviter_username, inviter_provider, email, number)
    WHERE email IS NOT NULL;
