// Stores invites straight into a server's database, as creating a million of them over HTTP would take longer than all
// that is measured. Works on our schema and on that of the Express server, which has nearly the same columns.
import { randomBytes } from 'node:crypto';
import { createRequire } from 'node:module';
import { freshKey, hashOf } from './key.mjs';

const Database = createRequire(new URL('./express/', import.meta.url))('better-sqlite3');

const DAY = 24 * 3600 * 1000;
/** Invites of one resource. */
const PER_RESOURCE = 2;

export function openDatabase(file) {
  const database = new Database(file, { timeout: 60_000 });
  database.pragma('synchronous = OFF');
  return database;
}

/** Stores `count` invites of alice's and gives `sample` of their keys, spread over all of them, each of a resource of
    its own. */
export function fill(database, count, sample) {
  const columns = new Set(database.prepare("SELECT name FROM pragma_table_info('invites')").pluck().all());
  const ours = columns.has('kind');
  const more = ours ? { kind: 'opaque', secret_id: '1' } : { permissions: 'r' };
  const names = ['id', 'key_hash', 'resource', 'created_at', 'expires_at', 'inviter_username',
    'inviter_provider', ...Object.keys(more)];
  const resource = database.prepare('INSERT INTO resources (name, created_at, events) VALUES (?, ?, ?)');
  const member = database.prepare('INSERT INTO members (resource, username, provider, permissions) VALUES (?, ?, ?, ?)');
  const invite = database.prepare(`INSERT INTO invites (${names}) VALUES (${names.map(() => '?')})`);
  const grant = ours && database.prepare("INSERT INTO grants (invite, resource, permissions) VALUES (?, ?, 'r')");
  const event = database.prepare(`INSERT INTO events (resource, number, kind, invite, username, provider, at)
    VALUES (?, ?, 'created', ?, 'alice', 'test', ?)`);
  const now = Date.now();
  const each = sample * PER_RESOURCE > count ? 1 : PER_RESOURCE;
  const step = Math.floor(count / each / sample);
  const keys = [];
  const add = database.transaction((from, to) => {
    for (let number = from; number < to; number += 1) {
      const name = `bench-${String(number).padStart(8, '0')}`;
      resource.run(name, now, each);
      member.run(name, 'alice', 'test', 'arw');
      for (let which = 0; which < each; which += 1) {
        const key = freshKey();
        const id = `invite_${randomBytes(16).toString('base64url')}`;
        invite.run(id, hashOf(key), name, now, now + 30 * DAY, 'alice', 'test', ...Object.values(more));
        if (grant) grant.run(id, name);
        event.run(name, which + 1, id, now);
        if (which === 0 && number % step === 0 && keys.length < sample) keys.push(key);
      }
    }
  });
  const resources = Math.ceil(count / each);
  for (let from = 0; from < resources; from += 10_000) add.immediate(from, Math.min(from + 10_000, resources));
  resource.run('bench', now, 0);
  member.run('bench', 'alice', 'test', 'arw');
  database.pragma('wal_checkpoint(TRUNCATE)');
  return keys;
}

/** Somebody has never accepted anything. */
export function forget(database, username) {
  database.transaction(() => {
    database.prepare('UPDATE invites SET uses = 0 WHERE id IN (SELECT invite FROM uses WHERE username = ?)').run(username);
    database.prepare('DELETE FROM uses WHERE username = ?').run(username);
    database.prepare('DELETE FROM members WHERE username = ?').run(username);
  }).immediate();
}
