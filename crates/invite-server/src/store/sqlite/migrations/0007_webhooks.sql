-- Where apps are told what happens. Their secrets are nowhere: derived from the server's secret `secret_id` and `id`.
CREATE TABLE webhooks (
    app         TEXT    NOT NULL PRIMARY KEY,
    id          TEXT    NOT NULL,
    secret_id   TEXT    NOT NULL,
    url         TEXT    NOT NULL,
    created_at  INTEGER NOT NULL,
    disabled_at INTEGER,
    -- How many deliveries were given up.
    failed      INTEGER NOT NULL DEFAULT 0,
    trouble     TEXT,
    trouble_at  INTEGER
) STRICT, WITHOUT ROWID;

-- What has yet to be told, written together with what happened. `message` is the webhook-id.
CREATE TABLE deliveries (
    message    TEXT    NOT NULL PRIMARY KEY,
    app        TEXT    NOT NULL,
    body       TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    -- Whoever takes a delivery moves this: nobody else has it until then.
    due_at     INTEGER NOT NULL,
    attempts   INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX deliveries_by_time ON deliveries (app, due_at);

-- Whether it was told that an invite's time is over.
ALTER TABLE invites ADD COLUMN ended INTEGER NOT NULL DEFAULT 0;
CREATE INDEX invites_by_end ON invites (expires_at) WHERE ended = 0 AND removed_at IS NULL;
