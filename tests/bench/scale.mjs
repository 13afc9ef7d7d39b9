// What `cargo xtask bench scale` measures: how long a call waits on PostgreSQL with BENCH_INVITES invites, beside one with
// ten thousand, in turn over ROUNDS rounds; first as the server makes its tables, then with invites partitioned by the
// hash of their key. Rows are loaded by SQL. Everything is on the disk before it is measured, and every change waits for
// the disk.
import { execFileSync } from 'node:child_process';
import { statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freshKey } from './key.mjs';
import { endAll, load, row, signIn, start } from './load.mjs';
import { dead, fill, forget, secretOf } from './many.mjs';
import { CARELESS, Postgres } from './postgres.mjs';

const { INVITE_SERVER_BIN } = process.env;
/** /tmp may be memory. */
const BELOW = process.env.BENCH_DATABASES ?? '/var/tmp';
const MANY = Number(process.env.BENCH_INVITES);
const FEW = Math.min(10_000, MANY);
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 7);
/** Few callers, so that what is measured is the work and not the queue. */
const CALLERS = 2;
const CALLS = 200;
const KEYS = Math.min(2_000, FEW / 2);
/** Live invites of who lists. */
const LIVE = 1_000;
/** Invites that one purge deletes. */
const DEAD = 2_000;
/** With indexes, an event and half a resource each; and once more while they are built. */
const BYTES_EACH = 1_800;

const { bavail, bsize } = statfsSync(BELOW);
if (bavail * bsize < MANY * BYTES_EACH) {
  const [wanted, there] = [MANY * BYTES_EACH, bavail * bsize].map((bytes) => (bytes / 1e9).toFixed(1));
  throw new Error(`${MANY} invites need about ${wanted} GB in ${BELOW}, where ${there} are free: say --invites N for fewer, or BENCH_DATABASES for another place`);
}

const postgres = new Postgres(BELOW);
const secretFile = join(postgres.folder, 'invites.secret');
const options = (database) => ['--database', postgres.address(database), '--secret-file', secretFile, '--log', 'error'];

/** A database with so many invites, and nobody connected to it. */
async function filled(name, invites, partitioned) {
  const began = performance.now();
  postgres.sql('postgres', `CREATE DATABASE ${name}`);
  // The schema is the server's own: it makes it when it starts.
  const url = await start(INVITE_SERVER_BIN, ['--demo', '--listen', '127.0.0.1:0', ...options(name)]);
  await fetch(`${url}/api/v1/resources/notes/invites`, {
    method: 'POST', body: '{}',
    headers: { authorization: `Bearer ${await signIn(url, 'alice')}`, 'content-type': 'application/json' },
  });
  endAll();
  const secret = secretOf(postgres, name);
  postgres.sql('postgres', `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${name}'`);
  const sample = Array.from({ length: KEYS }, freshKey);
  fill(postgres, name, invites, sample, { partitioned, live: LIVE, secret });
  const bodies = join(postgres.folder, `${name}.bodies`);
  writeFileSync(bodies, sample.map((key) => JSON.stringify({ key })).join('\n'));
  const [[bytes]] = postgres.sql(name, `SELECT pg_database_size('${name}')`);
  const took = ((performance.now() - began) / 1000).toFixed(0);
  console.log(`    ${name}: ${invites} invites in ${took} s, ${Math.round(bytes / invites)} bytes each`);
  return { name, bodies, secret };
}

async function serve(database) {
  const url = await start(INVITE_SERVER_BIN, ['--demo', '--listen', '127.0.0.1:0', ...options(database.name)]);
  return { ...database, url, alice: await signIn(url, 'alice'), bob: await signIn(url, 'bob') };
}

const OWN = '/api/v1/resources/bench/invites';
const amount = ['-n', String(CALLS)];
const CALLED = {
  check: (server) => load(server, 'bob', '/api/v1/invites/check', { bodies: server.bodies, callers: CALLERS, amount }).median,
  create: (server) => load(server, 'alice', OWN, { body: '{"permissions":"r"}', callers: CALLERS, amount }).median,
  /** bob comes in with each key. Before it he is out of everything. */
  accept(server) {
    postgres.sql(server.name, ...forget('bob'));
    return load(server, 'bob', '/api/v1/invites/accept', { bodies: server.bodies, callers: CALLERS, amount }).median;
  },
  list: (server) => load(server, 'alice', `${OWN}?page_size=50`, { callers: CALLERS, amount }).median,
  'list everyone': (server) => load(server, 'alice', `${OWN}?page_size=50&everyone=true`, { callers: CALLERS, amount }).median,
  /** The program's whole run, less one that finds nothing. */
  purge(server, round) {
    const purge = () => {
      const began = performance.now();
      execFileSync(INVITE_SERVER_BIN, [...options(server.name), 'purge'], { encoding: 'utf8' });
      return performance.now() - began;
    };
    const nothing = purge();
    postgres.sql(server.name, ...dead(DEAD, round, server.secret));
    return Math.max(1, purge() - nothing);
  },
};

async function measure(many, few, words) {
  const servers = [await serve(many), await serve(few)];
  for (const [what, call] of Object.entries(CALLED)) {
    const rounds = [];
    for (let round = 0; round <= ROUNDS; round += 1) {
      // Whoever is first finds a machine that somebody else has just warmed up, or not: so they take turns.
      const order = round % 2 ? servers : [...servers].reverse();
      const measured = new Map();
      for (const server of order) measured.set(server, call(server, `${words}-${round}`.replace(/\W/g, '')));
      // The first round warms up.
      if (round > 0) rounds.push(servers.map((server) => measured.get(server)));
    }
    const label = what === 'purge' ? `purge of ${DEAD.toLocaleString('en')}` : `${what}: latency`;
    row({
      what: `${label} at ${MANY.toLocaleString('en')}${words}, beside ${FEW.toLocaleString('en')}`,
      unit: 'ms', atMost: 1.5, rounds,
    });
  }
  endAll();
}

await postgres.start(CARELESS);
const few = await filled('few', FEW, false);
for (const [name, partitioned, words] of [['plain', false, ''], ['parts', true, ' partitioned']]) {
  const many = await filled(name, MANY, partitioned);
  await postgres.stop();
  execFileSync('sync');
  await postgres.start();
  await measure(many, few, words);
  // Two of them at once need twice the room.
  await postgres.stop();
  await postgres.start(CARELESS);
  postgres.sql('postgres', `DROP DATABASE ${name} WITH (FORCE)`);
}
await postgres.stop();
process.exit(0);
