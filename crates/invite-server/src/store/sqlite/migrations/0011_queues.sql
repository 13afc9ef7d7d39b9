-- Since when the first of what waits does so, and how many wait.
CREATE INDEX deliveries_by_age ON deliveries (created_at);
CREATE INDEX mails_by_age ON mails (asked_at) WHERE due_at IS NOT NULL;
