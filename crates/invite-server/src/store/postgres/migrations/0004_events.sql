-- What happened to a resource's invites, numbered without a gap in the order in which it was committed.
ALTER TABLE resources ADD COLUMN IF NOT EXISTS events BIGINT NOT NULL DEFAULT 0;

CREATE TABLE IF NOT EXISTS events (
    resource TEXT   NOT NULL,
    number   BIGINT NOT NULL,
    kind     TEXT   NOT NULL,
    invite   TEXT   NOT NULL,
    username TEXT   NOT NULL,
    provider TEXT   NOT NULL,
    at       BIGINT NOT NULL,
    PRIMARY KEY (resource, number)
);
CREATE INDEX IF NOT EXISTS events_by_time ON events (at);
