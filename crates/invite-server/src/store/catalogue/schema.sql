-- Times are milliseconds since 1970 in UTC. No key, no cookie and no secret is ever stored: hashes are SHA-256 of them.
-- What the engines write differently is a word in braces; `schema.rs` says what they mean, and why.

-- The name under which the people of an issuer stand in all other tables. It cannot be given to another issuer's.
CREATE TABLE IF NOT EXISTS issuers (
    provider TEXT NOT NULL PRIMARY KEY,
    iss      TEXT NOT NULL UNIQUE
) {rows};

-- A person is iss and sub. `username` is sub, unless the operator chose another claim; other tables name a person by
-- username and provider. Whoever was only named, and never signed in, has neither iss nor sub.
CREATE TABLE IF NOT EXISTS people (
    username     TEXT NOT NULL,
    provider     TEXT NOT NULL,
    iss          TEXT,
    sub          TEXT,
    display_name TEXT,
    email        TEXT,
    PRIMARY KEY (username, provider),
    UNIQUE (iss, sub)
) {rows};

-- Who is signed in. `hash` is of what the cookie holds.
CREATE TABLE IF NOT EXISTS sessions (
    hash         TEXT     NOT NULL PRIMARY KEY,
    username     TEXT     NOT NULL,
    provider     TEXT     NOT NULL,
    iss          TEXT     NOT NULL,
    sub          TEXT     NOT NULL,
    display_name TEXT,
    email        TEXT,
    -- The issuer's name for the session, by which it ends it.
    sid          TEXT,
    created_at   {number} NOT NULL,
    ends_at      {number} NOT NULL,
    revoked_at   {number}
) {rows};
CREATE INDEX IF NOT EXISTS sessions_by_person ON sessions (username, provider);
CREATE INDEX IF NOT EXISTS sessions_by_subject ON sessions (iss, sub);
CREATE INDEX IF NOT EXISTS sessions_by_issuers_name ON sessions (iss, sid) WHERE sid IS NOT NULL;
CREATE INDEX IF NOT EXISTS sessions_by_end ON sessions (ends_at);

CREATE TABLE IF NOT EXISTS resources (
    -- Tells a resource from every other that has or had its name.
    number     {counter},
    name       TEXT     NOT NULL {key},
    title      TEXT,
    -- Moves whenever a member comes, goes or changes. It begins at the time of creation, for wires that show it alone.
    version    {number} NOT NULL DEFAULT 0,
    -- The number of the last event.
    events     {number} NOT NULL DEFAULT 0,
    -- How often an invite lives again that was told to be over, of which no event tells.
    revivals   {number} NOT NULL DEFAULT 0,
    created_at {number} NOT NULL,
    -- Whose it counts as among those that one person may create; absent where it was the operator's word.
    creator_username TEXT,
    creator_provider TEXT,
    -- From then on it is not there for anybody; its rows go in small transactions, and it last.
    deleted_at {number}
) {table};
CREATE INDEX IF NOT EXISTS resources_by_creator ON resources (creator_username, creator_provider)
    WHERE creator_username IS NOT NULL;
CREATE INDEX IF NOT EXISTS resources_deleted ON resources (deleted_at) WHERE deleted_at IS NOT NULL;

CREATE TABLE IF NOT EXISTS members (
    -- The order in which they came.
    number      {order},
    resource    TEXT     NOT NULL REFERENCES resources (name),
    username    TEXT     NOT NULL,
    provider    TEXT     NOT NULL,
    permissions TEXT     NOT NULL,
    -- Without one it does not end.
    ends_at     {number},
    {key} (resource, username, provider)
) {table};
CREATE INDEX IF NOT EXISTS members_by_person ON members (username, provider, resource);
-- Page by page, in the order they came.
CREATE INDEX IF NOT EXISTS members_by_resource ON members (resource, number);
-- Whether somebody is left who can change it again, and who may still give what an invite grants.
CREATE INDEX IF NOT EXISTS members_admins ON members (resource, username, provider, permissions)
    WHERE permissions LIKE '%a%';

-- Backends that take part, each in a dialect. Where `id` is absent it is known by its key alone.
CREATE TABLE IF NOT EXISTS apps (
    name          TEXT     NOT NULL PRIMARY KEY,
    dialect       TEXT     NOT NULL,
    id            TEXT     UNIQUE,
    key_hash      {bytes}  NOT NULL UNIQUE,
    -- On the operator's word it acts on everything.
    all_resources {flag}   NOT NULL DEFAULT FALSE,
    created_at    {number} NOT NULL
) {rows};

-- What an app created or was given.
CREATE TABLE IF NOT EXISTS app_resources (
    app         TEXT     NOT NULL REFERENCES apps (name),
    resource    TEXT     NOT NULL REFERENCES resources (name),
    -- What its invites grant, where its dialect does not say it in each call.
    permissions TEXT,
    created_at  {number} NOT NULL,
    PRIMARY KEY (app, resource)
) {rows};
CREATE INDEX IF NOT EXISTS app_resources_by_resource ON app_resources (resource);

CREATE TABLE IF NOT EXISTS invites (
    number           {counter},
    id               TEXT     NOT NULL {key},
    key_hash         {bytes}  NOT NULL UNIQUE,
    kind             TEXT     NOT NULL,
    secret_id        TEXT     NOT NULL,
    -- `grant`: what stands in grants. `record`: that somebody accepted.
    effect           TEXT     NOT NULL DEFAULT 'grant',
    -- Where it is listed and told of. A record needs none, nor an inviter. What it grants holds it to the resource: an
    -- index over all invites of one, which a reference here would need, draws SQLite's lists away from their own.
    resource         TEXT,
    inviter_username TEXT,
    inviter_provider TEXT,
    -- The app that made it, for itself or for somebody.
    app              TEXT,
    created_at       {number} NOT NULL,
    expires_at       {number} NOT NULL,
    uses             {number} NOT NULL DEFAULT 0,
    max_uses         {number},
    message          TEXT,
    -- The inviter's, and the resource's admins': no invitee sees it.
    label            TEXT,
    extras           TEXT,
    -- Whom it is for: only an account with that verified address accepts it.
    email            TEXT,
    -- What is the same for all spellings of that.
    address          TEXT,
    -- The address that a signed key names as its issuer; no other key has one.
    issuer           TEXT,
    removed_at       {number},
    -- Whether it was told that its time is over.
    ended            {flag}   NOT NULL DEFAULT FALSE,
    -- waiting, sent, dropped, failed; absent where it was never to be mailed. Neither a key nor a link is here: the key
    -- is derived when the mail is sent.
    mail             TEXT,
    mail_asked_at    {number},
    -- Whoever takes a mail moves this: nobody else has it until then. Absent once there is nothing to do.
    mail_due_at      {number},
    mail_attempts    {number} NOT NULL DEFAULT 0,
    -- Why it was given up, in words for its inviter.
    mail_trouble     TEXT,
    -- Whether all its uses are spent: whoever counts or lists those that can be accepted passes over none that cannot.
    spent            {flag}   NOT NULL GENERATED ALWAYS AS (max_uses IS NOT NULL AND uses >= max_uses) STORED,
    CHECK (max_uses IS NULL OR uses <= max_uses)
) {table};
-- An invite stands in one of three: those that live, or whose end was not told yet; those whose end was told; those taken
-- back. Whoever lists one sort passes over none of the others, however many there are; whoever deletes a resource takes
-- one sort after the other.
CREATE INDEX IF NOT EXISTS invites_live_by_inviter
    ON invites (resource, inviter_username, inviter_provider, spent, number, expires_at)
    WHERE NOT ended AND removed_at IS NULL;
CREATE INDEX IF NOT EXISTS invites_live ON invites (resource, spent, number, expires_at)
    WHERE NOT ended AND removed_at IS NULL;
CREATE INDEX IF NOT EXISTS invites_live_by_address
    ON invites (resource, inviter_username, inviter_provider, spent, address, number)
    WHERE address IS NOT NULL AND NOT ended AND removed_at IS NULL;
CREATE INDEX IF NOT EXISTS invites_expired_by_inviter
    ON invites (resource, inviter_username, inviter_provider, number) WHERE ended AND removed_at IS NULL;
CREATE INDEX IF NOT EXISTS invites_expired ON invites (resource, number) WHERE ended AND removed_at IS NULL;
CREATE INDEX IF NOT EXISTS invites_removed_by_inviter
    ON invites (resource, inviter_username, inviter_provider, number) WHERE removed_at IS NOT NULL;
CREATE INDEX IF NOT EXISTS invites_removed ON invites (resource, number) WHERE removed_at IS NOT NULL;
CREATE INDEX IF NOT EXISTS invites_by_end ON invites (expires_at) WHERE NOT ended AND removed_at IS NULL;
-- What has ended is found without reading what has not.
CREATE INDEX IF NOT EXISTS invites_by_expiry ON invites (expires_at);
CREATE INDEX IF NOT EXISTS invites_by_removal ON invites (removed_at) WHERE removed_at IS NOT NULL;
CREATE INDEX IF NOT EXISTS invites_to_mail ON invites (mail_due_at) WHERE mail_due_at IS NOT NULL;
CREATE INDEX IF NOT EXISTS invites_to_mail_by_age ON invites (mail_asked_at) WHERE mail_due_at IS NOT NULL;

-- What accepting an invite adds.
CREATE TABLE IF NOT EXISTS grants (
    invite      TEXT NOT NULL REFERENCES invites (id),
    resource    TEXT NOT NULL REFERENCES resources (name),
    permissions TEXT NOT NULL,
    PRIMARY KEY (invite, resource)
) {rows};
-- With the invite: whoever looks for one grant by both finds it alone, whichever index the planner takes.
CREATE INDEX IF NOT EXISTS grants_by_resource ON grants (resource, invite);

CREATE TABLE IF NOT EXISTS uses (
    number   {order},
    invite   TEXT     NOT NULL REFERENCES invites (id),
    username TEXT     NOT NULL,
    provider TEXT     NOT NULL,
    at       {number} NOT NULL,
    {key} (invite, number)
) {table};

-- Creates that may be sent again: hashes of the caller's Idempotency-Key and of the body that came with it.
CREATE TABLE IF NOT EXISTS repeats (
    resource  TEXT     NOT NULL,
    username  TEXT     NOT NULL,
    provider  TEXT     NOT NULL,
    key_hash  {bytes}  NOT NULL,
    body_hash {bytes}  NOT NULL,
    invite    TEXT     NOT NULL REFERENCES invites (id),
    until     {number} NOT NULL,
    PRIMARY KEY (resource, username, provider, key_hash)
) {rows};
CREATE INDEX IF NOT EXISTS repeats_by_invite ON repeats (invite);
CREATE INDEX IF NOT EXISTS repeats_by_end ON repeats (until);

-- What happened to a resource's invites, numbered without a gap in the order in which it was committed.
CREATE TABLE IF NOT EXISTS events (
    resource TEXT     NOT NULL,
    number   {number} NOT NULL,
    kind     TEXT     NOT NULL,
    invite   TEXT     NOT NULL,
    username TEXT     NOT NULL,
    provider TEXT     NOT NULL,
    at       {number} NOT NULL,
    PRIMARY KEY (resource, number)
) {rows};
CREATE INDEX IF NOT EXISTS events_by_time ON events (at);

-- The secrets that rows may name in `secret_id`, by a hash of each; the secrets themselves are in a file. One that was
-- taken back stays, so that no older file brings it back.
CREATE TABLE IF NOT EXISTS secrets (
    id         TEXT     NOT NULL PRIMARY KEY,
    known_at   {number} NOT NULL,
    revoked_at {number}
) {rows};

-- The highest time ever seen, where the database has no clock of its own: one row, which no backup brings back. After a
-- restore it is the newest that the rows tell of.
CREATE TABLE IF NOT EXISTS clock (
    only_one {number} NOT NULL PRIMARY KEY CHECK (only_one = 1),
    highest  {number} NOT NULL
) {rows};

-- Receipts that were redeemed, and issuers' logout tokens that were told, until they would have ended anyway.
CREATE TABLE IF NOT EXISTS receipts (
    id    TEXT     NOT NULL PRIMARY KEY,
    until {number} NOT NULL
) {rows};
CREATE INDEX IF NOT EXISTS receipts_by_end ON receipts (until);

-- To whom mails were asked for lately, by what is the same for all spellings of an address: when, the oldest first, with
-- spaces in between. Nothing of it counts any more after `until`.
CREATE TABLE IF NOT EXISTS recipients (
    address  TEXT     NOT NULL PRIMARY KEY,
    asked_at TEXT     NOT NULL,
    until    {number} NOT NULL
) {rows};
CREATE INDEX IF NOT EXISTS recipients_by_end ON recipients (until);

-- Where apps are told what happens. Their secrets are nowhere: derived from the server's secret `secret_id` and `id`.
CREATE TABLE IF NOT EXISTS webhooks (
    app         TEXT     NOT NULL PRIMARY KEY REFERENCES apps (name),
    id          TEXT     NOT NULL,
    secret_id   TEXT     NOT NULL,
    url         TEXT     NOT NULL,
    created_at  {number} NOT NULL,
    disabled_at {number},
    -- How many deliveries were given up.
    failed      {number} NOT NULL DEFAULT 0,
    trouble     TEXT,
    trouble_at  {number}
) {rows};

-- What has yet to be told, written together with what happened. `message` is the webhook-id; `number` is the event's on
-- its resource.
CREATE TABLE IF NOT EXISTS deliveries (
    message    TEXT     NOT NULL PRIMARY KEY,
    app        TEXT     NOT NULL,
    resource   TEXT,
    number     {number},
    body       TEXT     NOT NULL,
    created_at {number} NOT NULL,
    -- Whoever takes a delivery moves this: nobody else has it until then.
    due_at     {number} NOT NULL,
    attempts   {number} NOT NULL DEFAULT 0
) {table};
CREATE INDEX IF NOT EXISTS deliveries_by_time ON deliveries (app, due_at);
-- Since when the first of what waits does so, and how many wait.
CREATE INDEX IF NOT EXISTS deliveries_by_age ON deliveries (created_at);
CREATE INDEX IF NOT EXISTS deliveries_by_resource ON deliveries (resource);
