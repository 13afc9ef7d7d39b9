-- An invite stands in one of three: those that live, or whose end was not told yet; those whose end was told; those taken
-- back. Whoever lists one sort passes over none of the others, however many there are.
DROP INDEX invites_by_inviter;
DROP INDEX invites_by_resource;
DROP INDEX invites_by_address;
CREATE INDEX invites_live_by_inviter ON invites (resource, inviter_username, inviter_provider, number, expires_at)
    WHERE NOT ended AND removed_at IS NULL;
CREATE INDEX invites_live ON invites (resource, number, expires_at) WHERE NOT ended AND removed_at IS NULL;
CREATE INDEX invites_live_by_address ON invites (resource, inviter_username, inviter_provider, email, number)
    WHERE email IS NOT NULL AND NOT ended AND removed_at IS NULL;
CREATE INDEX invites_expired_by_inviter ON invites (resource, inviter_username, inviter_provider, number)
    WHERE ended AND removed_at IS NULL;
CREATE INDEX invites_expired ON invites (resource, number) WHERE ended AND removed_at IS NULL;
CREATE INDEX invites_removed_by_inviter ON invites (resource, inviter_username, inviter_provider, number)
    WHERE removed_at IS NOT NULL;
CREATE INDEX invites_removed ON invites (resource, number) WHERE removed_at IS NOT NULL;
-- In the same words.
DROP INDEX invites_by_end;
CREATE INDEX invites_by_end ON invites (expires_at) WHERE NOT ended AND removed_at IS NULL;
