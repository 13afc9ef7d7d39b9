-- Backends that take part: key_hash is SHA-256 of an app key, which is nowhere.
CREATE TABLE apps (
    name       TEXT    NOT NULL PRIMARY KEY,
    key_hash   BLOB    NOT NULL UNIQUE,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
