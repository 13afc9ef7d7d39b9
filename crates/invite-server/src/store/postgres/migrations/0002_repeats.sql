-- Whom an invite is for: only an account with that verified address accepts it.
ALTER TABLE invites ADD COLUMN IF NOT EXISTS email TEXT;

-- Creates that may be sent again: SHA-256 of the caller's Idempotency-Key and of the body that came with it.
CREATE TABLE IF NOT EXISTS repeats (
    resource  TEXT   NOT NULL,
    username  TEXT   NOT NULL,
    provider  TEXT   NOT NULL,
    key_hash  BYTEA  NOT NULL,
    body_hash BYTEA  NOT NULL,
    invite    TEXT   NOT NULL REFERENCES invites (id),
    until     BIGINT NOT NULL,
    PRIMARY KEY (resource, username, provider, key_hash)
);
CREATE INDEX IF NOT EXISTS repeats_by_invite ON repeats (invite);
CREATE INDEX IF NOT EXISTS repeats_by_end ON repeats (until);
