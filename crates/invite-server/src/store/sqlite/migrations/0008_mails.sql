-- Invites that are mailed, written together with the invite. Neither a key nor a link is here, nor an address: the key
-- is derived when the mail is sent. Who was never mailed has no row.
CREATE TABLE mails (
    invite   TEXT NOT NULL PRIMARY KEY,
    asked_at INTEGER NOT NULL,
    -- Whoever takes a mail moves this: nobody else has it until then. NULL once there is nothing to do.
    due_at   INTEGER,
    attempts INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE INDEX mails_by_time ON mails (due_at) WHERE due_at IS NOT NULL;
