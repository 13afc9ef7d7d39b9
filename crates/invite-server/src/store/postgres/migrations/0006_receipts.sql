-- Receipts that were redeemed, until they would have ended anyway.
CREATE TABLE IF NOT EXISTS receipts (
    id    TEXT   NOT NULL PRIMARY KEY,
    until BIGINT NOT NULL
);
