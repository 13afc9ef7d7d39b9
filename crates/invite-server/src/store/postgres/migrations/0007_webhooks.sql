-- Where apps are told what happens. Their secrets are nowhere: derived from the server's secret `secret_id` and `id`.
CREATE TABLE IF NOT EXISTS webhooks (
    app         TEXT   NOT NULL PRIMARY KEY,
    id          TEXT   NOT NULL,
    secret_id   TEXT   NOT NULL,
    url         TEXT   NOT NULL,
    created_at  BIGINT NOT NULL,
    disabled_at BIGINT,
    -- How many deliveries were given up.
    failed      BIGINT NOT NULL DEFAULT 0,
    trouble     TEXT,
    trouble_at  BIGINT
);

-- What has yet to be told, written together with what happened. `message` is the webhook-id.
CREATE TABLE IF NOT EXISTS deliveries (
    message    TEXT   NOT NULL PRIMARY KEY,
    app        TEXT   NOT NULL,
    body       TEXT   NOT NULL,
    created_at BIGINT NOT NULL,
    -- Whoever takes a delivery moves this: nobody else has it until then.
    due_at     BIGINT NOT NULL,
    attempts   BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS deliveries_by_time ON deliveries (app, due_at);

-- Whether it was told that an invite's time is over.
ALTER TABLE invites ADD COLUMN IF NOT EXISTS ended BOOLEAN NOT NULL DEFAULT FALSE;
CREATE INDEX IF NOT EXISTS invites_by_end ON invites (expires_at) WHERE NOT ended AND removed_at IS NULL;
