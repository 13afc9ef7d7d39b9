-- What happened to a resource's invites, numbered without a gap in the order in which it was committed.
ALTER TABLE resources ADD COLUMN events INTEGER NOT NULL DEFAULT 0;

CREATE TABLE events (
    resource TEXT    NOT NULL,
    number   INTEGER NOT NULL,
    kind     TEXT    NOT NULL,
    invite   TEXT    NOT NULL,
    username TEXT    NOT NULL,
    provider TEXT    NOT NULL,
    at       INTEGER NOT NULL,
    PRIMARY KEY (resource, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX events_by_time ON events (at);
