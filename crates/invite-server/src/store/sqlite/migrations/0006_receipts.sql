-- Receipts that were redeemed, until they would have ended anyway.
CREATE TABLE receipts (
    id    TEXT    NOT NULL PRIMARY KEY,
    until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
