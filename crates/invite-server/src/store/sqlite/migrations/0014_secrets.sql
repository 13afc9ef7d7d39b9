-- The secrets that rows may name in `secret_id`, by a hash of each; the secrets themselves are in a file.
CREATE TABLE secrets (
    id       TEXT    NOT NULL PRIMARY KEY,
    known_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
