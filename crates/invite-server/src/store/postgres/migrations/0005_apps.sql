-- Backends that take part: key_hash is SHA-256 of an app key, which is nowhere.
CREATE TABLE IF NOT EXISTS apps (
    name       TEXT   NOT NULL PRIMARY KEY,
    key_hash   BYTEA  NOT NULL UNIQUE,
    created_at BIGINT NOT NULL
);
