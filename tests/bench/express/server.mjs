// The calls of our HTTP API that `cargo xtask bench server` measures, as one would write them in Express over
// better-sqlite3: the same rows, indexes, checks and answers, the same durability (WAL, full sync).
import { createHash, createHmac, generateKeyPairSync, randomBytes, sign, timingSafeEqual } from 'node:crypto';
import { crc32 } from 'node:zlib';
import Database from 'better-sqlite3';
import express from 'express';

const [file] = process.argv.slice(2);
const database = new Database(file);
database.pragma('journal_mode = WAL');
database.pragma('synchronous = FULL');
database.pragma('foreign_keys = ON');
database.pragma('wal_autocheckpoint = 8192');
database.pragma('cache_size = -65536');
database.exec(`
  CREATE TABLE IF NOT EXISTS resources (name TEXT NOT NULL PRIMARY KEY, title TEXT, version INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL, events INTEGER NOT NULL DEFAULT 0) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS members (number INTEGER NOT NULL PRIMARY KEY, resource TEXT NOT NULL REFERENCES resources (name),
    username TEXT NOT NULL, provider TEXT NOT NULL, permissions TEXT NOT NULL, UNIQUE (resource, username, provider)) STRICT;
  CREATE TABLE IF NOT EXISTS invites (number INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE,
    key_hash BLOB NOT NULL UNIQUE, resource TEXT NOT NULL REFERENCES resources (name), permissions TEXT NOT NULL,
    created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL, inviter_username TEXT NOT NULL, inviter_provider TEXT NOT NULL,
    uses INTEGER NOT NULL DEFAULT 0, max_uses INTEGER, removed_at INTEGER) STRICT;
  CREATE INDEX IF NOT EXISTS invites_by_inviter ON invites (resource, inviter_username, inviter_provider, number);
  CREATE INDEX IF NOT EXISTS invites_by_resource ON invites (resource, number);
  CREATE TABLE IF NOT EXISTS uses (number INTEGER NOT NULL PRIMARY KEY, invite TEXT NOT NULL REFERENCES invites (id),
    username TEXT NOT NULL, provider TEXT NOT NULL, at INTEGER NOT NULL) STRICT;
  CREATE INDEX IF NOT EXISTS uses_by_invite ON uses (invite, number);
  CREATE TABLE IF NOT EXISTS events (resource TEXT NOT NULL, number INTEGER NOT NULL, kind TEXT NOT NULL, invite TEXT NOT NULL,
    username TEXT NOT NULL, provider TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (resource, number)) STRICT, WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS events_by_time ON events (at);
`);
const sql = (text) => database.prepare(text);
const find = {
  permissions: sql('SELECT permissions FROM members WHERE resource = ? AND username = ? AND provider = ?').pluck(),
  resource: sql('SELECT name, title, events FROM resources WHERE name = ?'),
  invite: sql('SELECT * FROM invites WHERE key_hash = ?'),
};
const put = {
  resource: sql('INSERT INTO resources (name, title, created_at) VALUES (?, ?, ?)'),
  member: sql(`INSERT INTO members (resource, username, provider, permissions) VALUES (?, ?, ?, ?)
    ON CONFLICT (resource, username, provider) DO UPDATE SET permissions = excluded.permissions`),
  moved: sql('UPDATE resources SET version = version + 1 WHERE name = ?'),
  invite: sql(`INSERT INTO invites (id, key_hash, resource, permissions, created_at, expires_at, inviter_username,
    inviter_provider, max_uses) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`),
  used: sql('UPDATE invites SET uses = uses + 1 WHERE id = ?'),
  use: sql('INSERT INTO uses (invite, username, provider, at) VALUES (?, ?, ?, ?)'),
  numbered: sql('UPDATE resources SET events = events + 1 WHERE name = ? RETURNING events').pluck(),
  event: sql('INSERT INTO events (resource, number, kind, invite, username, provider, at) VALUES (?, ?, ?, ?, ?, ?, ?)'),
};

const secret = randomBytes(32);
const signing = generateKeyPairSync('ed25519').privateKey;
const base64url = (value) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
const mac = (text) => createHmac('sha256', secret).update(text).digest();

const LETTERS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
function base62(number, length) {
  let text = '';
  for (let left = length; left > 0; left -= 1) {
    text = LETTERS[Number(number % 62n)] + text;
    number /= 62n;
  }
  return text;
}
/** A key of the kind our server makes: the MAC of the invite's id in base62, and a checksum. */
function keyOf(id) {
  const start = `inv1_${base62(BigInt(`0x${mac(`invite-key/1/opaque${id}`).toString('hex')}`), 30)}`;
  return start + base62(BigInt(crc32(start)), 6);
}
const hashOf = (key) => createHash('sha256').update(key).digest();

function bearer(user) {
  const text = base64url({ ...user, until: Date.now() + 12 * 3600e3 });
  return `${text}.${mac(text).toString('base64url')}`;
}
function signedIn(request, response, next) {
  const [text, seal] = (request.get('authorization') ?? '').replace(/^Bearer /i, '').split('.');
  const given = Buffer.from(seal ?? '', 'base64url');
  const right = mac(text);
  if (given.length !== right.length || !timingSafeEqual(given, right)) return refuse(response, 401, 'not_signed_in');
  const user = JSON.parse(Buffer.from(text, 'base64url'));
  if (user.until < Date.now()) return refuse(response, 401, 'not_signed_in');
  request.user = user;
  next();
}
function refuse(response, status, code) {
  response.status(status).type('application/problem+json').send(JSON.stringify({
    type: `urn:invite-keys:error:${code}`, title: code, status, detail: code, code,
  }));
}

const app = express();
app.disable('x-powered-by');
app.disable('etag');
app.use((request, response, next) => {
  response.set({ 'cache-control': 'no-store', 'referrer-policy': 'no-referrer', 'x-content-type-options': 'nosniff' });
  next();
});
app.use(express.json({ limit: '64kb' }));
app.use(express.urlencoded({ extended: false }));

app.post('/auth/test', (request, response) => {
  const { username } = request.body;
  response.json({ username, provider: 'test', bearer: bearer({ username, provider: 'test' }) });
});

app.put('/api/v1/resources/:resource', signedIn, (request, response) => {
  const { resource } = request.params;
  const { user } = request;
  database.transaction(() => {
    put.resource.run(resource, request.body.title ?? null, Date.now());
    put.member.run(resource, user.username, user.provider, 'arw');
  }).immediate();
  response.status(201).json({ resource, permissions: 'arw' });
});

const iso = (time) => new Date(time).toISOString();
const gains = (asked, held) => [...asked].filter((letter) => !held.includes(letter)).join('');

function tell(resource, kind, invite, user, at) {
  put.event.run(resource, put.numbered.get(resource), kind, invite, user.username, user.provider, at);
}

app.post('/api/v1/resources/:resource/invites', signedIn, (request, response) => {
  const { resource } = request.params;
  const { user } = request;
  const { permissions = 'r', maxAge = 604_800, maxUses = null } = request.body;
  if (!/^(?=.)a?r?w?$/.test(permissions)) return refuse(response, 422, 'invalid_option');
  if (!Number.isInteger(maxAge) || maxAge < 1 || maxAge > 2_592_000) return refuse(response, 422, 'invalid_option');
  const id = `invite_${randomBytes(16).toString('base64url')}`;
  const key = keyOf(id);
  const now = Date.now();
  const made = database.transaction(() => {
    const held = find.permissions.get(resource, user.username, user.provider) ?? '';
    if (!held.includes('a') || gains(permissions, held)) return false;
    put.invite.run(id, hashOf(key), resource, permissions, now, now + maxAge * 1000, user.username, user.provider, maxUses);
    tell(resource, 'created', id, user, now);
    return true;
  }).immediate();
  if (!made) return refuse(response, 403, 'not_admin');
  response.status(201).json({
    id, key, resource, permissions, createdAt: iso(now), expiresAt: iso(now + maxAge * 1000),
    createdBy: { username: user.username, provider: user.provider }, status: 'pending', uses: 0, accepted: [],
  });
});

/** The invite, and what it would add; or the code of a refusal. */
function look(key, user) {
  if (typeof key !== 'string' || !/^inv1_[0-9A-Za-z]{36}$/.test(key)) return 'malformed_key';
  if (base62(BigInt(crc32(key.slice(0, 35))), 6) !== key.slice(35)) return 'malformed_key';
  const invite = find.invite.get(hashOf(key));
  if (!invite) return 'invalid_key';
  if (invite.removed_at !== null) return 'removed';
  if (invite.expires_at <= Date.now()) return 'expired';
  const inviter = find.permissions.get(invite.resource, invite.inviter_username, invite.inviter_provider) ?? '';
  if (!inviter.includes('a')) return 'inviter_not_admin';
  const held = find.permissions.get(invite.resource, user.username, user.provider) ?? '';
  const gained = gains(invite.permissions, held);
  if (gained && invite.max_uses !== null && invite.uses >= invite.max_uses) return 'exhausted';
  return { invite, held, gained, resource: find.resource.get(invite.resource) };
}

app.post('/api/v1/invites/check', signedIn, (request, response) => {
  const { user } = request;
  const found = look(request.body.key, user);
  if (typeof found === 'string') return refuse(response, 404, found);
  const { invite, held, gained, resource } = found;
  response.json({
    id: invite.id, resource: invite.resource, ...(resource.title && { resourceTitle: resource.title }),
    permissions: invite.permissions, createdAt: iso(invite.created_at), expiresAt: iso(invite.expires_at),
    createdBy: { username: invite.inviter_username, provider: invite.inviter_provider }, status: 'pending', uses: invite.uses,
    accepted: [], inviter: { username: invite.inviter_username, provider: invite.inviter_provider },
    account: { username: user.username, provider: user.provider }, gained, current: held,
  });
});

const HEAD = base64url({ alg: 'EdDSA', typ: 'invite-receipt+jwt', kid: 'bench' });
function receiptFor(invite, user, gained, now) {
  const text = `${HEAD}.${base64url({
    iss: 'http://127.0.0.1', jti: randomBytes(16).toString('base64url'), sub: `${user.username}:${user.provider}`,
    resource: invite.resource, invite: invite.id, permissions: invite.permissions, gained,
    iat: Math.floor(now / 1000), exp: Math.floor(now / 1000) + 300,
  })}`;
  return `${text}.${sign(null, Buffer.from(text), signing).toString('base64url')}`;
}

app.post('/api/v1/invites/accept', signedIn, (request, response) => {
  const { user } = request;
  const now = Date.now();
  const done = database.transaction(() => {
    const found = look(request.body.key, user);
    if (typeof found === 'string' || !found.gained) return found;
    const { invite, held, gained } = found;
    put.member.run(invite.resource, user.username, user.provider, [...held, ...gained].sort().join(''));
    put.moved.run(invite.resource);
    put.used.run(invite.id);
    put.use.run(invite.id, user.username, user.provider, now);
    tell(invite.resource, 'used', invite.id, user, now);
    return found;
  }).immediate();
  if (typeof done === 'string') return refuse(response, 404, done);
  const { invite, held, gained } = done;
  response.json({
    resource: invite.resource, permissions: [...held, ...gained].sort().join(''), gained, already: gained === '',
    receipt: receiptFor(invite, user, gained, now),
  });
});

const listening = app.listen(0, '127.0.0.1', () => {
  console.log(`invite-server listening on http://127.0.0.1:${listening.address().port}`);
});
