-- Times are milliseconds since 1970 in UTC. No key is ever stored: key_hash is SHA-256 of its text.

CREATE TABLE people (
    username     TEXT NOT NULL,
    provider     TEXT NOT NULL,
    display_name TEXT NOT NULL,
    PRIMARY KEY (username, provider)
) STRICT, WITHOUT ROWID;

CREATE TABLE resources (
    name       TEXT    NOT NULL PRIMARY KEY,
    title      TEXT,
    -- Moves whenever a member comes, goes or changes.
    version    INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE members (
    -- The order in which they came.
    number      INTEGER NOT NULL PRIMARY KEY,
    resource    TEXT    NOT NULL REFERENCES resources (name),
    username    TEXT    NOT NULL,
    provider    TEXT    NOT NULL,
    permissions TEXT    NOT NULL,
    UNIQUE (resource, username, provider)
) STRICT;
CREATE INDEX members_by_person ON members (username, provider, resource);

CREATE TABLE invites (
    -- AUTOINCREMENT: page tokens name rows, so a number must never come again.
    number           INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    id               TEXT    NOT NULL UNIQUE,
    key_hash         BLOB    NOT NULL UNIQUE,
    kind             TEXT    NOT NULL,
    secret_id        TEXT    NOT NULL,
    resource         TEXT    NOT NULL REFERENCES resources (name),
    permissions      TEXT    NOT NULL,
    created_at       INTEGER NOT NULL,
    expires_at       INTEGER NOT NULL,
    inviter_username TEXT    NOT NULL,
    inviter_provider TEXT    NOT NULL,
    uses             INTEGER NOT NULL DEFAULT 0,
    max_uses         INTEGER,
    message          TEXT,
    title            TEXT,
    extras           TEXT,
    removed_at       INTEGER,
    CHECK (max_uses IS NULL OR uses <= max_uses)
) STRICT;
CREATE INDEX invites_by_inviter ON invites (resource, inviter_username, inviter_provider, number);
CREATE INDEX invites_by_resource ON invites (resource, number);

CREATE TABLE uses (
    number   INTEGER NOT NULL PRIMARY KEY,
    invite   TEXT    NOT NULL REFERENCES invites (id),
    username TEXT    NOT NULL,
    provider TEXT    NOT NULL,
    at       INTEGER NOT NULL
) STRICT;
CREATE INDEX uses_by_invite ON uses (invite, number);
