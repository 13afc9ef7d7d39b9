// Ten million invites in PostgreSQL. What the server's tables look like stands here and nowhere else in this folder: which
// values their columns have, and what has to be otherwise where invites are partitioned. Indexes and constraints are
// taken from the database as the server made it.
import { hashOf } from './key.mjs';

const DAY = 24 * 3600 * 1000;
/** Invites of one resource. */
const PER_RESOURCE = 2;
const PARTS = 16;
/** Rows in one statement. */
const CHUNK = 1_000_000;
const TABLES = ['resources', 'members', 'invites', 'grants', 'events'];

const name = (n) => `'bench-' || lpad((${n})::text, 8, '0')`;

const COLUMNS = 'id, key_hash, kind, secret_id, resource, created_at, expires_at, inviter_username, inviter_provider';
/** Of all but the first two. */
const values = (secret, resource, from, to) => `'opaque', '${secret}', ${resource}, ${from}, ${to}, 'alice', 'test'`;

/** The rows of the resources with these numbers, two invites each; those of `sample` have its keys. */
function rows(from, to, now, secret) {
  const resources = `generate_series(${from}::bigint, ${to - 1}) AS n`;
  const invites = `generate_series(${from * PER_RESOURCE}::bigint, ${to * PER_RESOURCE - 1}) AS i`;
  const of = name(`i / ${PER_RESOURCE}`);
  return [
    `INSERT INTO resources (name, created_at, events) SELECT ${name('n')}, ${now}, ${PER_RESOURCE} FROM ${resources}`,
    `INSERT INTO members (resource, username, provider, permissions) SELECT ${name('n')}, 'alice', 'test', 'arw' FROM ${resources}`,
    `INSERT INTO invites (${COLUMNS})
      SELECT 'invite_' || md5(i::text), COALESCE(sample.hash, sha256(('bench ' || i)::bytea)), ${values(secret, of, now, now + 30 * DAY)}
      FROM ${invites} LEFT JOIN sample ON sample.n = i`,
    `INSERT INTO grants (invite, resource, permissions) SELECT 'invite_' || md5(i::text), ${of}, 'r' FROM ${invites}`,
    `INSERT INTO events (resource, number, kind, invite, username, provider, at)
      SELECT ${of}, i % ${PER_RESOURCE} + 1, 'created', 'invite_' || md5(i::text), 'alice', 'test', ${now} FROM ${invites}`,
  ];
}

/** `count` invites whose time was over 90 days ago, and was told; `round` is another word each time. */
export const dead = (count, round, secret) => {
  const [id, past] = [`'invite_dead${round}-' || n`, Date.now() - 90 * DAY];
  return [
    `INSERT INTO invites (${COLUMNS}, ended)
      SELECT ${id}, sha256(('dead ${round}-' || n)::bytea), ${values(secret, "'bench'", past - DAY, past)}, TRUE
      FROM generate_series(1, ${count}) AS n`,
    `INSERT INTO grants (invite, resource, permissions) SELECT ${id}, 'bench', 'r' FROM generate_series(1, ${count}) AS n`,
  ];
};

/** alice's resource, for what is made and listed, with so many live invites. */
const own = (live, now, secret) => [
  `INSERT INTO resources (name, created_at, events) VALUES ('bench', ${now}, 0)`,
  `INSERT INTO members (resource, username, provider, permissions) VALUES ('bench', 'alice', 'test', 'arw')`,
  `INSERT INTO invites (${COLUMNS})
    SELECT 'invite_own' || n, sha256(('own ' || n)::bytea), ${values(secret, "'bench'", now, now + 30 * DAY)}
    FROM generate_series(1, ${live}) AS n`,
  `INSERT INTO grants (invite, resource, permissions)
    SELECT 'invite_own' || n, 'bench', 'r' FROM generate_series(1, ${live}) AS n`,
];

/** Somebody has never accepted anything. */
export const forget = (username) => [
  `UPDATE invites SET uses = 0 WHERE id IN (SELECT invite FROM uses WHERE username = '${username}')`,
  `DELETE FROM uses WHERE username = '${username}'`,
  `DELETE FROM members WHERE username = '${username}'`,
];

/** By which secret the server derives keys: lists do so for each invite. One that it made tells. */
export const secretOf = (postgres, database) => postgres.sql(database, 'SELECT secret_id FROM invites LIMIT 1')[0][0];

/** Stores `count` invites of alice's in a database where the server has made its tables; those with the keys of `sample`
    are spread over all of them, each of a resource of its own. */
export function fill(postgres, database, count, sample, { partitioned, live, secret }) {
  const now = Date.now();
  const take = (...statements) => postgres.sql(database, ...statements);
  const among = TABLES.map((table) => `'${table}'::regclass`).join(', ');
  // Built again afterwards in one go, instead of grown by each row.
  const constraints = take(`SELECT conrelid::regclass, conname, contype, pg_get_constraintdef(oid) FROM pg_constraint
    WHERE contype IN ('p', 'u', 'f') AND (conrelid IN (${among}) OR confrelid IN (${among})) ORDER BY contype = 'f'`);
  const indexes = take(`SELECT indexrelid::regclass, pg_get_indexdef(indexrelid) FROM pg_index
    WHERE indrelid IN (${among}) AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)`);
  take(...[...constraints].reverse().map(([table, constraint]) => `ALTER TABLE ${table} DROP CONSTRAINT ${constraint}`));
  take(...indexes.map(([index]) => `DROP INDEX ${index}`));
  if (partitioned) partition(take);

  const each = sample.length * PER_RESOURCE > count ? 1 : PER_RESOURCE;
  const step = Math.floor(count / each / sample.length) * each;
  take('CREATE UNLOGGED TABLE sample (n BIGINT PRIMARY KEY, hash BYTEA NOT NULL)');
  postgres.copy(database, 'sample', sample.map((key, number) => `${number * step}\t\\\\x${hashOf(key).toString('hex')}`));
  const resources = Math.ceil(count / PER_RESOURCE);
  for (let from = 0; from < resources; from += CHUNK / PER_RESOURCE) {
    take(...rows(from, Math.min(from + CHUNK / PER_RESOURCE, resources), now, secret));
  }
  take(...own(live, now, secret), 'DROP TABLE sample');

  for (const [, definition] of indexes) take(definition);
  for (const [table, constraint, type, definition] of constraints) {
    // An invite is unique by its id in each part only, so nothing can refer to it.
    if (partitioned && type === 'f' && /REFERENCES invites\b/.test(definition)) continue;
    const whole = partitioned && table === 'invites' && type !== 'f' ? withKey(definition) : definition;
    take(`ALTER TABLE ${table} ADD CONSTRAINT ${constraint} ${whole}`);
  }
  take('VACUUM ANALYZE');
}

/** A unique constraint of a partitioned table holds the column by which it is partitioned. */
const withKey = (definition) =>
  /\bkey_hash\b/.test(definition) ? definition : definition.replace(/\)/, ', key_hash)');

function partition(take) {
  take(
    'ALTER TABLE invites RENAME TO whole',
    'CREATE TABLE invites (LIKE whole INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING IDENTITY) PARTITION BY HASH (key_hash)',
    'DROP TABLE whole',
    ...Array.from({ length: PARTS }, (_, part) =>
      `CREATE TABLE invites_${part} PARTITION OF invites FOR VALUES WITH (MODULUS ${PARTS}, REMAINDER ${part})`),
  );
}
