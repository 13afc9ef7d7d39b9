-- RKVST clients: secret_hash is SHA-256 of a client secret, which is nowhere. As `id`:rkvst each is a member of its
-- resource.
CREATE TABLE clients (
    id          TEXT    NOT NULL PRIMARY KEY,
    name        TEXT    NOT NULL UNIQUE,
    secret_hash BLOB    NOT NULL,
    resource    TEXT    NOT NULL REFERENCES resources (name),
    -- What its invites grant.
    permissions TEXT    NOT NULL,
    created_at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
