-- Whom an invite is for: only an account with that verified address accepts it.
ALTER TABLE invites ADD COLUMN email TEXT;

-- Creates that may be sent again: SHA-256 of the caller's Idempotency-Key and of the body that came with it.
CREATE TABLE repeats (
    resource  TEXT    NOT NULL,
    username  TEXT    NOT NULL,
    provider  TEXT    NOT NULL,
    key_hash  BLOB    NOT NULL,
    body_hash BLOB    NOT NULL,
    invite    TEXT    NOT NULL REFERENCES invites (id),
    until     INTEGER NOT NULL,
    PRIMARY KEY (resource, username, provider, key_hash)
) STRICT, WITHOUT ROWID;
CREATE INDEX repeats_by_invite ON repeats (invite);
CREATE INDEX repeats_by_end ON repeats (until);
